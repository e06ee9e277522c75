"""When the collector runs, and when it does not."""

import gc

from chaishots.tui.host.garbage_collection import collect_rarely, pause_collection


def test_half_a_million_rows_bring_no_full_collection_and_the_rule_of_before_comes_back() -> None:
    before = gc.get_threshold()
    with collect_rarely():
        full = gc.get_stats()[2]["collections"]
        rows = [[number] for number in range(500_000)]
        assert gc.get_stats()[2]["collections"] == full
    assert len(rows) == 500_000
    assert gc.get_threshold() == before


def test_while_modules_are_loaded_nothing_is_collected_and_afterwards_it_is_again() -> None:
    with pause_collection():
        assert not gc.isenabled()
    assert gc.isenabled()


def test_what_was_loaded_is_not_walked_afterwards() -> None:
    with pause_collection():
        loaded = [[number] for number in range(100_000)]
    assert len(gc.get_objects()) < len(loaded)
