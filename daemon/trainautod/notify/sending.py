"""Sending with Apprise: the only module that knows it, imported when a message is sent.

Apprise's own words name hosts, addresses and tokens: none of them goes into the daemon's log, and
what is told of a failure has every part of the target's URL taken out.
"""

import logging
import re
import smtplib
from collections import OrderedDict
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import unquote

from apprise import Apprise, AppriseAsset, NotifyFormat, NotifyType
from apprise.exception import AppriseImproperlyConfigured
from apprise.manager_plugins import NotificationManager
from apprise.plugins.base import NotifyBase
from apprise.plugins.email.base import NotifyEmail
from apprise.plugins.email.common import AppriseEmailException, EmailMessage
from apprise.plugins.email.smtp import AppriseSMTPController

from trainautod.notify.message import Message

IDEMPOTENCY = "Idempotency-Key"  # draft-ietf-httpapi-idempotency-key-header
LONGEST_REASON = 300  # characters
_KEPT = 1000  # messages whose recipients are remembered
_SHORTEST = 4  # characters of a part of a URL; shorter ones are in every other word

for _name in ("apprise", "urllib3", "requests"):
    logging.getLogger(_name).propagate = False
logging.getLogger("apprise").setLevel(logging.DEBUG)  # results carry what is logged

_SCHEMA = re.compile(r"^\s*[\w+.-]+://")
_PART = re.compile(r"[^/:@?&=#,;\s]+(?![^/:@?&=#,;\s]|=)")
_REASONS = re.compile(r"^Socket Exception:\s*", re.IGNORECASE)
_ADDRESS = re.compile(r"\w[\w+.-]*://\S+|[\w.+-]+@[\w.-]+")
_ERRNO = re.compile(r"\[Errno -?\d+\] [^\"'()]*|timed out")
_MESSAGE_ID = re.compile(r"^Message-ID:\s*<[^>]*>", re.MULTILINE | re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Letter:
    """A message on its way to one target.

    Attributes:
        target: name of the secret that holds its URL.
        key: the message's own; the same each time it is sent.
        host: of this machine, for what mails are called by.
    """

    target: str
    key: str
    host: str
    message: Message

    @property
    def message_id(self) -> str:
        """What a mail of it is called by (RFC 5322, 3.6.4)."""
        host = re.sub(r"[^A-Za-z0-9.-]+", "-", self.host).strip("-.") or "localhost"
        return f"<{self.key}@{host}>"


@dataclass
class Carrier:
    """Sends letters, each by its target's URL.

    Attributes:
        accepted: mail addresses that took a letter which others did not, by target and key, so
            that they are not sent it again with the others.
    """

    accepted: OrderedDict[tuple[str, str], set[str]] = field(default_factory=OrderedDict)

    def send(self, letter: Letter, url: str) -> str | None:
        """Send a letter; return why it did not arrive, None when it did.

        It blocks; how long is up to the service's plugin, mostly a few seconds.
        """
        try:
            service = _service(url)
        except Exception as error:  # noqa: BLE001 - a plugin may raise anything
            return redacted(f"{_UNREADABLE} ({error})", url, letter.target)
        if service is None:
            return _UNREADABLE
        self._sign(service, letter)
        post = Apprise(asset=service.asset)
        post.add(service)
        tone = NotifyType(letter.message.tone)
        result = post.notify(
            body=letter.message.body,
            title=letter.message.title,
            notify_type=tone,
            body_format=NotifyFormat.TEXT,
            log_level=logging.DEBUG,
        )
        with result:
            if result:
                self.accepted.pop((letter.target, letter.key), None)
                return None
            entries = [(entry.level, entry.message) for entry in result.logs()]
        return redacted(_reason(entries), url, letter.target)

    def _sign(self, service: NotifyBase, letter: Letter) -> None:
        """Let the receiver know a letter that it has got before."""
        if isinstance(service, Mail):
            service.message_id = letter.message_id
            service.accepted = self.accepted.setdefault((letter.target, letter.key), set())
            while len(self.accepted) > _KEPT:
                self.accepted.popitem(last=False)
        headers = getattr(service, "headers", None)
        if isinstance(headers, dict):
            headers.setdefault(IDEMPOTENCY, letter.key)


class Mail(NotifyEmail):  # type: ignore[no-untyped-call]
    """Apprise's mail with two differences: it has our Message-ID, and skips who has it already.

    Apprise makes a new Message-ID each time, and appends it to one that is given as a header.
    """

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)  # type: ignore[no-untyped-call]
        self.message_id = ""
        self.accepted: set[str] = set()

    def send(
        self,
        body: str,
        title: str = "",
        notify_type: NotifyType = NotifyType.INFO,
        attach: Any = None,
        body_format: Any = None,
        **kwargs: Any,
    ) -> bool:
        """Send one mail to each recipient that has not taken it yet; tell whether all did."""
        try:
            with self._connected() as smtp:
                taken = [
                    self._hand_over(smtp, mail) for mail in self._mails(body, title, body_format)
                ]
                return bool(taken) and all(taken)
        except (
            OSError,
            smtplib.SMTPException,
            RuntimeError,
            AppriseImproperlyConfigured,
            AppriseEmailException,
        ) as error:
            self.logger.warning("the mail server did not take it: %s", error)
            return False

    def _connected(self) -> AppriseSMTPController:
        return AppriseSMTPController(
            host=self.smtp_host,
            port=self.port,  # type: ignore[arg-type]  # set by now
            secure_mode=self.secure_mode,  # type: ignore[arg-type]  # the same
            user=self.user,
            password=self.password,
            verify_certificate=self.verify_certificate,
            socket_connect_timeout=self.socket_connect_timeout,
        )

    def _mails(self, body: str, title: str, body_format: Any) -> Iterator[EmailMessage]:
        mails: Iterator[EmailMessage] = NotifyEmail.prepare_emails(
            subject=title,
            body=body,
            notify_format=self.resolve_format(body_format),
            from_addr=self.from_addr,
            to=self.targets,
            cc=self.cc,
            bcc=self.bcc,
            reply_to=self.reply_to,
            smtp_host=self.smtp_host,
            headers={"X-Application": self.app_id, **self.headers},
            names=self.names,
            pgp=self.pgp,
            pgp_mode=self.pgp_mode,
            inline=self.inline,
            tzinfo=self.tzinfo,
        )
        return mails

    def _hand_over(self, smtp: AppriseSMTPController, mail: EmailMessage) -> bool:
        if mail.recipient in self.accepted:
            return True
        text = _MESSAGE_ID.sub(lambda _: f"Message-ID: {self.message_id}", mail.body, count=1)
        taken = smtp.sendmail(str(self.from_addr[1]), mail.to_addrs, text)
        if taken:
            self.accepted.add(mail.recipient)
        return taken


_UNREADABLE = "its value is not an Apprise URL that can be used"
_ASSET = AppriseAsset(
    app_id="trainauto",
    app_desc="trainauto",
    app_url="",
    async_mode=False,
    service_timeout=0,  # whoever calls has a limit; Apprise's would need threads of its own
    allow_templates=False,
    storage_mode="memory",
)
_plugins: Any = NotificationManager  # it has no types
_plugins().add(Mail, schemas=("mailto", "mailtos"), force=True)


def _service(url: str) -> NotifyBase | None:
    """Return the service of a URL, None when it is none.

    Raises:
        Exception: whatever the plugin does not like about it.
    """
    return Apprise.instantiate(url.strip(), asset=_ASSET, suppress_exceptions=False)


def _reason(entries: list[tuple[str, str]]) -> str:
    """Return what Apprise said of a failure, and what it only whispered: the socket's error."""
    told = [text for level, text in entries if level not in ("DEBUG", "TRACE", "INFO")]
    whispered = [_REASONS.sub("", text) for _, text in entries if _REASONS.match(text)]
    found = [(_ERRNO.search(text), text) for text in whispered]
    told += [match.group().strip() if match else text for match, text in found]
    return "; ".join(dict.fromkeys(told)) or "it was not delivered, and the service says no more"


def redacted(text: str, url: str, name: str) -> str:
    """Return a text without any part of a URL, in one line; ``<NAME>`` stands in its place."""
    rest = _SCHEMA.sub("", url.strip())
    parts = {form for part in _PART.findall(rest) for form in (part, unquote(part))} | {url, rest}
    for part in sorted(parts, key=len, reverse=True):
        if len(part) >= _SHORTEST:
            text = text.replace(part, f"<{name}>")
    text = _ADDRESS.sub(f"<{name}>", text)
    return " ".join(text.split())[:LONGEST_REASON]
