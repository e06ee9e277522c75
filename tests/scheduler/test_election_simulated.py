"""The election and the publisher's loop, the real ones, under thousands of interleavings of faults: simulated.

The network is cut in each direction and slow, processes are paused (in the middle of a statement, too), killed and
started anew, Postgres restarts, ends sessions and is slow, clocks jump, rows are locked. At each moment what
`simulation/replicas.py` requires holds, and whenever the faults end one leads again, all is published, and on time.

This stands beside the tests with real replicas and a real Postgres (`tests/faults`), and replaces none: what Postgres
does is taken from its documentation here, and only tried there. `make test` walks for some seconds, always the same
walks; `make faults` a thousand others each time.
"""

import os
import sys
import time
from contextlib import ExitStack

import pytest
from hypothesis import HealthCheck, Phase, seed, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, rule, run_state_machine_as_test

from tests.scheduler.simulation.postgres import Thing
from tests.scheduler.simulation.replicas import LEASE_SECONDS, PASS_SECONDS, Cluster, simulated

REPLICAS = 3
WALKS = 40
LONG_WALKS = int(os.environ.get("CHAISHOTS_SIMULATED_WALKS", "1000"))
STEPS = 25
LEADS_SECONDS = LEASE_SECONDS + 3
"""In which one leads again when all faults are over: a lease, the longest pause between two tries, and a connection."""
FORGOTTEN_SECONDS = PASS_SECONDS + LEADS_SECONDS
"""The same where a replica was never told that its connection is gone: it may wait for a batch, or a turn, in vain."""
LATE_SECONDS = 0.1
"""How late something may be while one leads: a look that was under way, and its own."""
PING_SECONDS = LEASE_SECONDS / 4

_PLACES = st.integers(0, REPLICAS - 1)
_MOMENTS = st.floats(0, 2)


class Walk(RuleBasedStateMachine):
    """Faults, and what falls due among them, in any order."""

    turns = 0
    """That processes have had, in all walks."""

    def __init__(self) -> None:
        super().__init__()
        self._stack = ExitStack()
        self._cluster: Cluster
        self._is_forgotten = False

    @initialize(seed=st.integers(0, 2**32))
    def begin(self, seed: int) -> None:
        """Start replicas. Which comes first of what happens at once, and when a message arrives, chance says."""
        self._cluster = self._stack.enter_context(simulated(REPLICAS, seed))
        self._cluster.run(0.5)

    @rule(seconds=st.floats(0.0005, 3))
    def go_on(self, seconds: float) -> None:
        """Let time go by."""
        self._cluster.run(seconds)

    @rule(due_in=_MOMENTS, silently=st.booleans())
    def schedule(self, due_in: float, *, silently: bool) -> None:
        """Have something fall due."""
        self._cluster.postgres.schedule(due_in, silently=silently)

    @rule(place=_PLACES)
    def pause(self, place: int) -> None:
        """Stop a process where it is."""
        self._cluster.replicas[place].process.pause()

    @rule(place=_PLACES)
    def pause_in_the_middle(self, place: int) -> None:
        """Stop a process in the middle of the next batch that it asks for."""
        replica = self._cluster.replicas[place]
        if (link := replica.link) is not None:
            link.half_sent = replica.process.pause

    @rule(place=_PLACES)
    def resume(self, place: int) -> None:
        """Let a process go on."""
        self._cluster.replicas[place].process.resume()

    @rule(place=_PLACES)
    def kill(self, place: int) -> None:
        """End a process, and start another."""
        self._cluster.replace(place)

    @rule(place=_PLACES, which=st.sampled_from([(True, True), (True, False), (False, True)]))
    def cut(self, place: int, which: tuple[bool, bool]) -> None:
        """Cut the way of a replica, in one direction or both."""
        there, back = which
        self._cluster.replicas[place].way.cut(there=there, back=back)

    @rule(place=_PLACES)
    def heal(self, place: int) -> None:
        """Mend the way of a replica."""
        self._cluster.replicas[place].way.heal()

    @rule(place=_PLACES)
    def forget(self, place: int) -> None:
        """Have a replica's connections go nowhere from now on, and nobody told; new ones are well."""
        self._is_forgotten = True
        self._cluster.replicas[place].way.forget()

    @rule(place=_PLACES, seconds=st.floats(0.001, 0.4))
    def delay(self, place: int, seconds: float) -> None:
        """Have each message take longer."""
        self._cluster.replicas[place].way.delay_seconds = seconds

    @rule(place=_PLACES)
    def end_session(self, place: int) -> None:
        """End a replica's session, as an operator does."""
        if session := self._cluster.publisher_of(self._cluster.replicas[place]):
            session.end("ended")

    @rule(seconds=st.floats(0, 2))
    def restart_postgres(self, seconds: float) -> None:
        """Stop Postgres, and start it after a while."""
        self._cluster.postgres.stop()
        self._cluster.run(seconds)
        self._cluster.postgres.is_up = True

    @rule(slowness=st.sampled_from([1.0, 20.0, 300.0]))
    def slow_down(self, slowness: float) -> None:
        """Have batches take longer than usual, for as long as it is not said otherwise."""
        self._cluster.postgres.slowness = slowness

    @rule(seconds=st.floats(-3, 3))
    def step_clock(self, seconds: float) -> None:
        """Set Postgres' clock forward or back."""
        self._cluster.postgres.clock_off_s += seconds

    @rule(place=_PLACES, seconds=st.floats(-1e6, 1e6))
    def step_clock_of_host(self, place: int, seconds: float) -> None:
        """Set the clock of a replica's host."""
        self._cluster.replicas[place].process.host_clock_off_s += seconds

    @rule(seconds=st.floats(0.01, 2))
    def hold_rows(self, seconds: float) -> None:
        """Keep what waits locked for a while, as an editor's transaction does."""
        held = [thing for thing in self._cluster.postgres.things if thing.is_waiting and not thing.is_locked]
        for thing in held:
            thing.is_locked = True
        self._cluster.run(seconds)
        for thing in held:
            thing.is_locked = False

    @rule(how=st.sampled_from(["paused", "paused in the middle", "cut off", "cut there", "cut back", "forgotten"]))
    def lose_leader(self, how: str) -> None:
        """End all faults but one, of whoever leads: another one leads soon, and what is due is out."""
        cluster = self._cluster
        self._end_faults()
        leader = cluster.leader()
        if how == "paused in the middle" and leader.link:
            leader.link.half_sent = leader.process.pause
        elif how == "paused":
            leader.process.pause()
        elif how == "forgotten":
            cluster.postgres.schedule(PING_SECONDS / 2)  # so that it is a batch which is waited for in vain
            cluster.run(PING_SECONDS / 4)
            self.forget(cluster.replicas.index(leader))
        elif how != "paused in the middle":
            leader.way.cut(there=how != "cut back", back=how != "cut there")
        thing = cluster.postgres.schedule(0.0)
        cluster.run(LEADS_SECONDS)
        assert cluster.leader() is not leader
        assert thing.publishes, f"nobody published in the place of {leader.name}, which is {how}"

    @rule(step=st.floats(-1, 1.5))
    def rest(self, step: float) -> None:
        """End all faults: one leads again; what was due is out; and what comes is on time, whatever the clock does."""
        cluster = self._cluster
        self._end_faults()
        assert [one for one in cluster.replicas if one.leads] == [cluster.leader()]
        self._everything_due_is_out()
        self._is_out_in_time(cluster.postgres.schedule(0.7), 0.7)
        self._is_out_in_time(cluster.postgres.schedule(0.0), 0.0)
        self._are_out_in_time(number=10)
        self._is_out_in_time(cluster.postgres.schedule(0.1, silently=True), 0.1 + 2 * PING_SECONDS)
        thing = cluster.postgres.schedule(2.0)
        cluster.run(0.2)
        cluster.postgres.clock_off_s += step
        self._is_out_in_time(thing, 1.8 - step + 2 * PING_SECONDS)
        self._everything_due_is_out()

    def _end_faults(self) -> None:
        self._cluster.heal()
        self._cluster.run(LEADS_SECONDS)
        if self._is_forgotten:
            self._is_forgotten = False
            self._cluster.run(FORGOTTEN_SECONDS)

    def _are_out_in_time(self, number: int) -> None:
        """What is scheduled at any moment of a look, and of what follows one."""
        chance = self._cluster.world.chance
        things: list[Thing] = []
        for _ in range(number):
            self._cluster.run(chance.uniform(0, 0.006))
            things.append(self._cluster.postgres.schedule(0.0))
        self._cluster.run(LATE_SECONDS)
        assert all(thing.publishes for thing in things), "scheduled during a look, and forgotten"

    def _is_out_in_time(self, thing: Thing, seconds: float) -> None:
        self._cluster.run(max(0.0, seconds) + LATE_SECONDS)
        assert thing.publishes, f"not out after {seconds:.2f} s"

    def _everything_due_is_out(self) -> None:
        postgres = self._cluster.postgres
        assert not [one for one in postgres.things if one.is_waiting and one.due_at < postgres.clock - LATE_SECONDS]

    def teardown(self) -> None:
        """However the walk went, it ends well."""
        with self._stack:
            if hasattr(self, "_cluster") and sys.exc_info()[0] is None:
                self.rest(0.0)
                Walk.turns += self._cluster.world.steps


def _walk(machine: type[Walk], number: int, *, is_the_same: bool) -> None:
    began, before = time.process_time(), Walk.turns
    run_state_machine_as_test(
        machine,
        settings=settings(
            max_examples=number,
            stateful_step_count=STEPS,
            deadline=None,
            database=None,
            derandomize=is_the_same,
            phases=[Phase.generate, Phase.shrink],
            suppress_health_check=[*HealthCheck],
        ),
    )
    took_s = time.process_time() - began
    turns = Walk.turns - before
    print(f"\n{number:,} walks, {turns:,} turns of processes in {took_s:.1f} s of processor time")


def test_short_walks_keep_what_is_promised() -> None:
    _walk(Walk, WALKS, is_the_same=True)


def test_one_whose_way_is_gone_before_it_listens_gives_up_its_lead() -> None:
    walk = Walk()
    walk.begin(seed=0)
    for place in (0, 2):
        walk.end_session(place)
    walk.delay(1, seconds=0.375)  # so that it has the lock, and its next statement is under way
    walk.go_on(seconds=1.0)
    walk.forget(1)
    walk.teardown()


@pytest.mark.campaign
def test_long_walks_keep_what_is_promised() -> None:
    first = int(os.environ.get("CHAISHOTS_FAULTS_SEED", str(int(time.time()))))
    print(f"CHAISHOTS_FAULTS_SEED={first}")

    @seed(first)
    class SeededWalk(Walk):
        """A walk whose steps a seed tells."""

    _walk(SeededWalk, LONG_WALKS, is_the_same=False)
