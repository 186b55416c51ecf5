"""A process is known by more than its pid."""

import os
import subprocess
import sys
import time

from trainautod.execution.shim import identity

from ..conftest import until


def test_this_process_is_itself_and_nobody_else() -> None:
    pid, boot = os.getpid(), identity.boot_id()
    ticks = identity.started_ticks(pid)
    assert ticks is not None
    assert identity.is_alive(boot, pid, ticks)
    assert not identity.is_alive(boot, pid, ticks + 1)
    assert not identity.is_alive("another boot", pid, ticks)
    assert not identity.is_alive(boot, 0, 0)


def test_a_zombie_is_dead() -> None:
    child = subprocess.Popen((sys.executable, "-S", "-c", ""))
    until(lambda: identity.started_ticks(child.pid) is None)
    assert child.wait() == 0
    assert identity.started_ticks(child.pid) is None


def test_a_name_with_parentheses_does_not_confuse_it() -> None:
    renamed = "import ctypes, time; ctypes.CDLL(None).prctl(15, b') R 1 (x)'); print(flush=True)"
    argv = (sys.executable, "-S", "-c", renamed + "; time.sleep(30)")
    with subprocess.Popen(argv, stdout=subprocess.PIPE) as child:
        assert child.stdout is not None
        child.stdout.readline()
        started = identity.started_ticks(child.pid)
        child.kill()
    own = identity.started_ticks(os.getpid())
    assert started is not None
    assert own is not None
    assert started >= own


def test_where_there_is_no_proc_ps_tells_the_start() -> None:
    started = identity._ps_started(os.getpid())
    assert started is not None
    assert 0 <= time.time() - started < 86400
    assert identity._ps_started(2**22 + 1) is None
