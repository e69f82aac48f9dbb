"""What every test shares: the soak switch and a closing summary that says what did not run."""

import os

import pytest

os.environ.setdefault("OMP_WAIT_POLICY", "passive")  # as app/cli.py does, before torch is imported


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--soak", action="store_true", help="also run the tests marked soak")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    if config.getoption("--soak"):
        return
    soaks = [item for item in items if item.get_closest_marker("soak")]
    if soaks:
        config.hook.pytest_deselected(items=soaks)
        items[:] = [item for item in items if item not in soaks]


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_terminal_summary(terminalreporter):
    """Right above pytest's closing line, where it cannot be overlooked."""
    yield
    if not terminalreporter.config.getoption("--soak"):
        terminalreporter.line("tests marked soak run with --soak alone")
    skipped = terminalreporter.stats.get("skipped", [])
    if skipped:
        terminalreporter.section(f"{len(skipped)} TESTS DID NOT RUN (reasons above)", sep="!", red=True)
    if lacking := os.environ.get("PHYNES_LACKING"):
        terminalreporter.section("SYSTEM PACKAGES ARE MISSING", sep="!", red=True)
        terminalreporter.line(f"tests that need these did not run: {lacking}")
    if failed := os.environ.get("PHYNES_FAILED_CHECKS"):
        terminalreporter.section(f"FAILED BEFORE THE TESTS: {failed}", sep="!", red=True)
