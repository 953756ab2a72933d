from pathlib import Path

from trustladder.core.signals import CATALOGUE
from trustladder.detect.perceiver import default_detectors
from trustladder.detect.reference import signals_page

PAGE = Path(__file__).parents[2] / "docs" / "reference" / "signals.md"


def test_the_page_is_the_one_made_from_the_sources() -> None:
    assert PAGE.read_text(encoding="utf-8") == signals_page()


def test_every_detector_reads_signals_of_the_catalogue_and_states_its_scale() -> None:
    for detector in default_detectors():
        assert set(detector.signals) <= CATALOGUE.keys(), detector.name
        assert "Scale" in detector.scale, detector.name
