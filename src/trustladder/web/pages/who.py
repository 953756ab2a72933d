"""Who is looking: one of the policy's people, chosen on a page and kept in a cookie. There are no passwords yet."""

from dataclasses import dataclass
from typing import Annotated
from urllib.parse import urlsplit

from fastapi import APIRouter, Cookie, Depends, Form, Header, Query, Response
from fastapi.responses import RedirectResponse

from trustladder.core.policy import Person, Policy
from trustladder.errors import BadInput
from trustladder.web.api import Tenant, TheDesk
from trustladder.web.pages.guard import PageRoute
from trustladder.web.pages.render import html

COOKIE = "trustladder_person"
COOKIE_SECONDS = 90 * 86_400

router = APIRouter(route_class=PageRoute, include_in_schema=False)


@dataclass(frozen=True, slots=True)
class Who:
    """Who is looking (None: nobody said), and the policy in force."""

    person: Person | None
    policy: Policy

    @property
    def id(self) -> str:
        """The id of the person, empty when nobody said."""
        return self.person.id if self.person is not None else ""


def who_of(desk: TheDesk, tenant: Tenant, chosen: Annotated[str, Cookie(alias=COOKIE)] = "") -> Who:
    """Return who is looking. A cookie that names nobody of the policy counts as none."""
    policy = desk.policy(tenant)
    return Who(_person(policy, chosen), policy)


def _person(policy: Policy, chosen: str) -> Person | None:
    """Return the person of an id. A policy without people (none could be loaded, say) takes any name."""
    if not policy.people:
        return Person(chosen) if chosen else None
    return policy.people.get(chosen)


TheWho = Annotated[Who, Depends(who_of)]


def name_of(policy: Policy, person_id: str) -> str:
    """Return a person's name, or the id of one whom the policy does not name."""
    person = policy.people.get(person_id)
    return (person.name if person is not None else "") or person_id


def own_path(path: str) -> str:
    """Return a path on this service to go on to; anything else becomes the queue."""
    parts = urlsplit(path)
    safe = path.startswith("/") and not path.startswith("//") and "\\" not in path
    return path if safe and not parts.scheme and not parts.netloc else "/queue"


@router.get("/me")
def choose(
    who: TheWho,
    then: Annotated[str, Query(alias="next", max_length=500)] = "",
    referer: Annotated[str, Header()] = "",
) -> Response:
    """Ask who is looking, and go back to where they came from."""
    came_from = urlsplit(referer).path
    then = then or (came_from if came_from != "/me" else "")
    people = [(person, queues_of(who.policy, person.id)) for person in who.policy.people.values()]
    return html("me.html", {"who": who, "nav": "me", "people": people, "next": own_path(then)})


def queues_of(policy: Policy, person_id: str) -> list[str]:
    """Return the ids of the queues that a person works in."""
    return [queue.id for queue in policy.queues.values() if person_id in queue.people]


@router.post("/me")
def chosen(
    who: TheWho,
    person: Annotated[str, Form(max_length=200)] = "",
    then: Annotated[str, Form(alias="next", max_length=500)] = "/queue",
) -> Response:
    """Keep who is looking; an empty choice forgets it."""
    if person and _person(who.policy, person) is None:
        raise BadInput(f"the policy names nobody with the id {person!r}", fix="choose one of its people")
    answer = RedirectResponse(own_path(then), 303)
    answer.set_cookie(COOKIE, person, max_age=COOKIE_SECONDS if person else 0, httponly=True, samesite="lax")
    return answer
