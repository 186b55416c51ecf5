"""The way to the daemon of another machine: one ``ssh``, and ``trainauto dial-stdio`` over there.

``ssh`` alone knows keys, passwords, host keys, jump hosts and aliases; nothing of that is ours. All
requests share the one connection, each as a channel of a trunk, so that a request costs one round
trip and not a login.
"""

from __future__ import annotations

import os
import re
import select
import shlex
import shutil
import socket
import subprocess
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from typing import NoReturn

from trainauto_tui.client import frames
from trainauto_tui.client.address import Address
from trainauto_tui.client.ssh_errors import explained
from trainauto_tui.client.trunk import Trunk
from trainauto_tui.errors import LinkLost, NoDaemon, TrainautoError, Unexpected

ANSWERS_WITHIN_S = 30.0  # login, a slow far machine, and the start of its daemon
ASKING_WITHIN_S = 300.0  # the same, with a person looking for a password
CONNECTS_WITHIN_S = 10
SILENCE_S = 15.0  # a dead link is noticed after this
ALIVE_EVERY_S = 5  # ssh's own probes; two without an answer end it
REPEATED_S = 0.9  # a failure is told again, not tried again, to all who ask this soon after it
ENDS_WITHIN_S = 3.0  # what ssh takes to tell the exit code of the far end
GOES_WITHIN_S = 1.0  # what ssh takes to give the terminal back its echo, when it was asking
PATIENT_S = 0.4  # words that ssh said so long ago, and still waits, are meant for the person
WORDS = 8192  # bytes of ssh's words kept

OPTIONS = (
    "-T",  # no terminal there
    "-C",  # JSON and logs shrink to a fifth
    "-a",
    "-x",
    "-o", f"ConnectTimeout={CONNECTS_WITHIN_S}",
    "-o", f"ServerAliveInterval={ALIVE_EVERY_S}",
    "-o", "ServerAliveCountMax=2",
    "-o", "ClearAllForwardings=yes",  # those of the person's own sessions would collide
    "-o", "RemoteCommand=none",
    "-o", "PermitLocalCommand=no",
    "-o", "EscapeChar=none",
)  # fmt: skip

# Ctrl-C at a question interrupts whoever waits for the answer, and that ends ssh. Later it is meant
# for somebody else, such as a pager, and must not end the link: ssh keeps what is ignored ignored.
UNINTERRUPTED = ("/bin/sh", "-c", 'trap "" INT; exec "$@"', "sh")

Tell = Callable[[str], None]


def command(where: Address, far: list[str], ask: bool) -> list[str]:
    """Return the command line of ``ssh`` that runs ``far`` there.

    Args:
        where: the machine.
        far: the words to run; each arrives as it is.
        ask: ``ssh`` may ask the person for a password, or about a host key.
    """
    words = ["ssh", *OPTIONS]
    if not ask:
        words += ["-o", "BatchMode=yes"]
    if where.user:
        words += ["-l", where.user]
    if where.port:
        words += ["-p", str(where.port)]
    return [*words, "--", where.host, shlex.join(far)]


def dial_command(where: Address, read_only: bool, may_start: bool) -> list[str]:
    """Return what has to run on the far machine."""
    words = ["trainauto", "dial-stdio"]
    if where.home:
        words += ["--home", where.home]
    if read_only:
        words.append("--read-only")
    if not may_start:
        words.append("--no-start")
    return words


class Link:
    """One machine's daemon, reached by ``ssh``; ``connect`` is the ``Connect`` of a client.

    The first connection dials; a later one dials again when the link has broken meanwhile.
    Safe to use from several threads.

    Attributes:
        where: the machine.

    Args:
        where: the machine.
        read_only: reach the daemon by the socket that takes no changes.
        may_start: the far daemon may be started when it does not answer.
        ask: ``ssh`` may ask on the terminal. Set it to False before drawing there.
        tell: shows the person what ``ssh`` says while it waits for them.
    """

    def __init__(
        self,
        where: Address,
        read_only: bool = False,
        may_start: bool = True,
        ask: bool = True,
        tell: Tell | None = None,
    ) -> None:
        self.where = where
        self._far = dial_command(where, read_only, may_start)
        self._ask = ask
        self._tell = tell
        self._dialling = threading.Lock()
        self._trunk: Trunk | None = None
        self._failure: tuple[float, TrainautoError] | None = None
        self._closed = False

    def connect(self) -> socket.socket:
        """Return a connection to the far daemon.

        Raises:
            NoDaemon: the machine cannot be reached, or has no daemon.
            Refused: it does not let us in, or is not who it was.
        """
        with self._dialling:
            if (trunk := self._trunk) is not None:
                with suppress(LinkLost):
                    return trunk.open()
            trunk = self._trunk = self._dialled()
            if self._closed:  # by another thread, which found no trunk to close
                self.hang_up()
            return trunk.open()

    def draw(self) -> None:
        """Note that the terminal is drawn on from now: nothing may be asked or told there."""
        self._ask, self._tell = False, None

    def hang_up(self) -> None:
        """End the connection there is; the next request dials again."""
        trunk, self._trunk = self._trunk, None
        if trunk is not None:
            trunk.close()

    def close(self) -> None:
        """Hang up, and dial no more."""
        self._closed = True
        self.hang_up()

    def _dialled(self) -> Trunk:
        """Dial, or tell a failure of a moment ago again: many may ask at once."""
        if self._closed:
            raise LinkLost("the link was closed")
        if self._failure and time.monotonic() - self._failure[0] < REPEATED_S:
            raise self._failure[1]
        try:
            trunk = _Call(self.where, self._far, self._ask, self._tell).answered()
        except TrainautoError as error:
            self._failure = (time.monotonic(), error)
            raise
        self._failure = None
        return trunk


class _Call:
    """One ``ssh``, from its start to the greeting of the far end."""

    def __init__(self, where: Address, far: list[str], ask: bool, tell: Tell | None) -> None:
        self._where = where
        self._tell = tell
        self._deadline = time.monotonic() + (ASKING_WITHIN_S if ask else ANSWERS_WITHIN_S)
        self._said = bytearray()
        self._told = 0
        self._heard = bytearray()
        self._near, far_side = socket.socketpair()
        with far_side:
            self._process = self._started(command(where, far, ask), far_side, ask)

    def _started(
        self, words: list[str], streams: socket.socket, ask: bool
    ) -> subprocess.Popen[bytes]:
        """Start ``ssh`` out of reach of ^C; one that asks nothing gets a session of its own."""
        if shutil.which(words[0]) is None:
            self._near.close()
            raise NoDaemon(
                "there is no ssh on this machine's PATH", hint="install the OpenSSH client"
            )
        return subprocess.Popen(
            [*UNINTERRUPTED, *words] if ask else words,
            stdin=streams.fileno(),
            stdout=streams.fileno(),
            stderr=subprocess.PIPE,
            start_new_session=not ask,
        )

    def answered(self) -> Trunk:
        """Return the trunk, carried by a thread, once the far end has greeted."""
        try:
            self._near.sendall(frames.GREETING)
            rest = self._greeted()
        except OSError:
            self._fail()
        except BaseException:
            self._hang_up()
            raise
        trunk = Trunk(self._near.fileno(), self._near.fileno(), silence_s=SILENCE_S)
        trunk.feed(rest)
        threading.Thread(target=self._carry, args=(trunk,), name="ssh", daemon=True).start()
        return trunk

    def _greeted(self) -> bytes:
        """Wait for the greeting and return what came behind it.

        What a shell's start files print before it is passed over.
        """
        said_at = time.monotonic()
        while (place := self._heard.find(frames.GREETING)) < 0:
            if time.monotonic() > self._deadline:
                self._fail()
            if len(self._heard) > frames.NOISE_LIMIT:
                raise Unexpected(
                    f"{self._where.account} says something else than a trainauto: "
                    f"{plain(bytes(self._heard[:60]))!r} …",
                    hint="do the start files of its shell, or a forced command, print so much?",
                )
            if self._listen():
                said_at = time.monotonic()
            elif time.monotonic() - said_at > PATIENT_S:
                self._show()
        return bytes(self._heard[place + len(frames.GREETING) :])

    def _listen(self) -> bool:
        """Read what came within a moment; tell whether anything did."""
        assert self._process.stderr is not None
        errors = self._process.stderr.fileno()
        ready, _, _ = select.select([self._near.fileno(), errors], [], [], PATIENT_S / 2)
        if errors in ready:
            data = os.read(errors, WORDS)
            self._said += data
            if not data:  # nothing holds it open any more: ssh has ended
                self._fail()
        if self._near.fileno() in ready:
            data = self._near.recv(WORDS)
            if not data:
                self._fail()
            self._heard += data
        return bool(ready)

    def _show(self) -> None:
        """Show the person what ``ssh`` said and now waits for, such as a touch of a key."""
        if self._tell is not None and len(self._said) > self._told:
            self._tell(plain(bytes(self._said[self._told :])))
        self._told = len(self._said)

    def _fail(self) -> NoReturn:
        """Raise what ``ssh``, or the far end, said for itself."""
        late = time.monotonic() > self._deadline
        self._hang_up(0.0 if late else ENDS_WITHIN_S)
        words = plain(bytes(self._said[-WORDS:]))
        raise explained(self._where, None if late else self._process.returncode, words)

    def _hang_up(self, grace_s: float = 0.0) -> None:
        """End ``ssh``, unless it ends by itself, and gather its last words."""
        self._near.close()
        _reap(self._process, grace_s)
        errors = self._process.stderr
        if errors is None or errors.closed:
            return
        with errors, suppress(BlockingIOError):  # a child of ssh may live on and hold it open
            os.set_blocking(errors.fileno(), False)
            while data := os.read(errors.fileno(), WORDS):
                self._said += data

    def _carry(self, trunk: Trunk) -> None:
        """Carry the trunk to its end; what ``ssh`` says meanwhile must not block it."""
        threading.Thread(target=self._drain, name="ssh words", daemon=True).start()
        with suppress(TrainautoError):  # those whose connections ended learn it from them
            trunk.run()
        self._near.close()
        _reap(self._process, ENDS_WITHIN_S)

    def _drain(self) -> None:
        assert self._process.stderr is not None
        with self._process.stderr as errors, suppress(OSError):
            while os.read(errors.fileno(), WORDS):
                pass


def _reap(process: subprocess.Popen[bytes], grace_s: float) -> None:
    """Wait for the end of ``ssh``; one that takes too long is told to go, then killed."""
    for end in (process.terminate, process.kill):
        try:
            process.wait(grace_s)
            return
        except subprocess.TimeoutExpired:
            end()
            grace_s = GOES_WITHIN_S
    process.wait()


def plain(said: bytes) -> str:
    """Return words of another program without anything that could steer a terminal."""
    text = re.sub(r"\x1b\[[0-?]*[ -/]*[@-~]", "", said.decode("utf-8", "replace"))
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    return re.sub(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]", "", text).strip()
