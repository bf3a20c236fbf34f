"""Throttle: few runs, the last one certain, nothing left behind."""

from __future__ import annotations

import threading
import time
from contextlib import suppress
from itertools import pairwise

from encord_widgets.widgets._throttle import Throttle


def wait_for(condition, timeout=5.0):
    end = time.monotonic() + timeout
    while not condition():
        assert time.monotonic() < end, "it did not happen"
        time.sleep(0.005)


def test_the_first_run_is_at_once_and_in_the_asking_thread():
    ran = []
    throttle = Throttle(lambda: ran.append(threading.get_ident()))
    throttle()
    assert ran == [threading.get_ident()]
    throttle.close()


def test_many_requests_make_few_runs_and_the_last_counts():
    seen = []
    state = 0
    throttle = Throttle(lambda: seen.append(state), interval=0.05)
    began = time.monotonic()
    for state in range(1000):  # noqa: B007 - read by the throttle's work
        throttle()
        time.sleep(0.0002)
    took = time.monotonic() - began
    wait_for(lambda: seen[-1] == 999)
    assert len(seen) <= took / 0.05 + 3
    wait_for(lambda: not throttle.waiting)
    throttle.close()


def test_requests_from_many_threads_are_all_seen():
    counter = [0]
    seen = []
    throttle = Throttle(lambda: seen.append(counter[0]), interval=0.01)

    def work():
        for _ in range(50):
            counter[0] += 1
            throttle()

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    wait_for(lambda: seen[-1] == counter[0] and not throttle.waiting)
    throttle.close()


def test_slow_work_leaves_the_asking_thread_and_takes_a_share_only():
    runs = []

    def slow():
        runs.append((threading.get_ident(), time.monotonic()))
        time.sleep(0.05)

    throttle = Throttle(slow, interval=0.01)
    throttle()
    for _ in range(40):
        throttle()
        time.sleep(0.01)
    wait_for(lambda: not throttle.waiting)
    throttle.close()
    assert len(runs) >= 2
    assert all(thread != threading.get_ident() for thread, _ in runs[1:])
    assert all(later - sooner >= 0.2 for (_, sooner), (_, later) in pairwise(runs))


def test_nothing_runs_after_close_and_no_thread_stays():
    ran = []
    throttle = Throttle(lambda: ran.append(1), interval=0.05)
    throttle()
    throttle()
    assert throttle.waiting
    throttle.close()
    throttle()
    wait_for(lambda: not any(t.name == "encord-widgets-view" for t in threading.enumerate()))
    time.sleep(0.1)
    assert ran == [1]


def test_an_error_of_the_work_does_not_stop_later_runs():
    ran = []

    def work():
        ran.append(1)
        if len(ran) == 1:
            raise ZeroDivisionError

    throttle = Throttle(work, interval=0.01)
    with suppress(ZeroDivisionError):
        throttle()
    time.sleep(0.02)
    throttle()
    assert len(ran) == 2
    throttle.close()


def test_work_that_needs_a_lock_which_somebody_else_holds_leaves_the_asking_thread_alone():
    lock = threading.RLock()
    threads = []
    done = threading.Event()

    def work():
        with lock:
            threads.append(threading.get_ident())
            done.set()

    throttle = Throttle(work)
    with lock:
        asking = threading.Thread(target=throttle.holding, args=(lock,))
        asking.start()
        asking.join(10)
        assert not asking.is_alive(), "who tells of an event never waits for the lock"
        assert not threads
    assert done.wait(10)
    assert threads != [asking.ident]
    throttle.close()
