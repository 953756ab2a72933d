"""A value that is read once and kept: `functools.cached_property` without the lock that Python 3.12 took out of it."""

from collections.abc import Callable
from typing import Any, Generic, TypeVar

T = TypeVar("T")


class once(Generic[T]):  # noqa: N801 - it is written as a decorator
    """Decorates a method whose value is kept in the instance under the method's name."""

    def __init__(self, read: Callable[[Any], T]) -> None:
        self.read = read
        self.name = read.__name__
        self.__doc__ = read.__doc__

    def __get__(self, instance: Any, owner: type) -> T:
        value: T = self.read(instance)
        instance.__dict__[self.name] = value
        return value
