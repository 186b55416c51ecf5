"""Damaged drift files: valid ones to which something was done."""

import json
import random
import re
from collections.abc import Iterator
from dataclasses import dataclass

OBJECT = {
    "drift_score": 0.27,
    "features": {"dep_delay": 0.31, "distance": 0.04, "ñandú": 1e-3},
    "model": "flights",
    "n": 12000,
    "ok": True,
    "at": None,
}
NESTED = {
    "drift_score": 0,
    "features": {"a": {"score": 0.5, "verdict": "drift"}, "b": {"score": None}, "c": None},
    "bins": {"a": {"edges": [1, 2.5, -3e2]}},
}
LISTED = {"features": [{"feature": "x", "score": 2}, {"name": "y", "score": 0.1}], "drift_score": 2}

DAYS = (
    b"day,drift_score,dep_delay,distance\n2013-07-01,0.05,0.1,0.02\n"
    b"2013-07-02,.27,3.1e-1,\n2013-07-03,1,0,5.\n"
)

VALID: tuple[tuple[str, bytes], ...] = (
    (".json", json.dumps(OBJECT).encode()),
    (".json", json.dumps(NESTED, indent=1).encode() + b"\n"),
    (".json", json.dumps(LISTED, ensure_ascii=False).encode()),
    (".json", b"\xef\xbb\xbf" + json.dumps(OBJECT, ensure_ascii=False).encode()),
    (".jsonl", b"".join(json.dumps(o).encode() + b"\n" for o in (OBJECT, NESTED, LISTED))),
    (".ndjson", b'{"drift_score":0.1}\r\n\r\n{"drift_score":0.2,"features":{"a":0.3}}\r\n'),
    (".csv", DAYS),
    (".csv", b'drift_score,"a, b",note\r\n0.3,0.2,"says ""no"""\r\n0.4,0.1,plain\r\n'),
    (".csv", b"feature,score,p\ndrift_score,0.27,\ndep_delay,0.31,0.01\ndistance,,0.5\n"),
)

STRANGE = (
    *("NaN", "-NaN", "nan", "Infinity", "-Infinity", "inf", "1e999", "-1e999", "1e308", "-0.0"),
    *("-1", "-0.001", "1" + "0" * 400, "0x1f", "1_000", "١٢", "0.1.2", "1e", "00.5", "+0.5", "--1"),
    *('"0.27"', "true", "false", "null", "[]", "{}", '""', "0.2,0.3", "\x00", "'0.1'", "0;1"),
    *("[" * 5000, '{"a":' * 3000, '"' + "x" * 5000 + '"', '"\\ud800"', '"\\ud83d\\ude00"'),
)
CODECS = ("utf-16", "utf-16-le", "utf-32", "latin-1", "utf-8-sig", "cp037", "utf-7")
_NUMBER = re.compile(rb"-?\d+(\.\d*)?([eE][+-]?\d+)?|\.\d+")
_WORD = re.compile(rb'"[^"]*"|[a-z_]+')


@dataclass(frozen=True)
class Damaged:
    """One file: its extension, its bytes, and what was done to a valid one."""

    suffix: str
    data: bytes
    how: str


def cut_everywhere() -> Iterator[Damaged]:
    """Yield every valid file cut off at every byte, and with every bit flipped."""
    for suffix, data in VALID:
        for at in range(len(data) + 1):
            yield Damaged(suffix, data[:at], f"cut at {at}")
        for at in range(len(data) * 8):
            flipped = bytearray(data)
            flipped[at // 8] ^= 1 << at % 8
            yield Damaged(suffix, bytes(flipped), f"bit {at}")


def damaged(seed: int, count: int) -> Iterator[Damaged]:
    """Yield so many damaged files: first each cut and each bit, then damage at random."""
    left = count
    for one in cut_everywhere():
        if left == 0:
            return
        left -= 1
        yield one
    chance = random.Random(seed)
    for _ in range(left):
        yield at_random(chance)


def at_random(chance: random.Random) -> Damaged:
    """Return a valid file to which one to three things were done."""
    suffix, data = chance.choice(VALID)
    done = []
    for _ in range(chance.choice((1, 1, 1, 2, 3))):
        how = chance.choice(DAMAGES)
        data = how(chance, data)
        done.append(how.__name__.strip("_"))
    return Damaged(suffix, data, "+".join(done))


def _cut(chance: random.Random, data: bytes) -> bytes:
    return data[: chance.randrange(len(data) + 1)]


def _flip(chance: random.Random, data: bytes) -> bytes:
    flipped = bytearray(data or b" ")
    for _ in range(chance.randint(1, 8)):
        flipped[chance.randrange(len(flipped))] ^= 1 << chance.randrange(8)
    return bytes(flipped)


def _drop(chance: random.Random, data: bytes) -> bytes:
    begin = chance.randrange(len(data) + 1)
    return data[:begin] + data[begin + chance.randint(1, 20) :]


def _repeat(chance: random.Random, data: bytes) -> bytes:
    begin = chance.randrange(len(data) + 1)
    end = begin + chance.randint(1, 60)
    return data[:end] + data[begin:end] + data[end:]


def _noise(chance: random.Random, data: bytes) -> bytes:
    at = chance.randrange(len(data) + 1)
    return data[:at] + chance.randbytes(chance.randint(1, 12)) + data[at:]


def _hole(chance: random.Random, data: bytes) -> bytes:
    """Zeros, as a file system leaves them after a power cut."""
    begin = chance.randrange(len(data) + 1)
    end = min(len(data), begin + chance.randint(1, 4096))
    return data[:begin] + bytes(end - begin) + data[end:]


def _number(chance: random.Random, data: bytes) -> bytes:
    return _replaced(chance, data, _NUMBER, chance.choice(STRANGE))


def _word(chance: random.Random, data: bytes) -> bytes:
    names = ('"drift_score"', '"features"', '"score"', "drift_score", "score", '"a"', '""')
    return _replaced(chance, data, _WORD, chance.choice((*names, *STRANGE)))


def _replaced(chance: random.Random, data: bytes, what: re.Pattern[bytes], by: str) -> bytes:
    found = list(what.finditer(data))
    if not found:
        return data
    one = chance.choice(found)
    return data[: one.start()] + by.encode("utf-8", "surrogatepass") + data[one.end() :]


def _recode(chance: random.Random, data: bytes) -> bytes:
    return data.decode("utf-8", "replace").encode(chance.choice(CODECS), "replace")


def _join(chance: random.Random, data: bytes) -> bytes:
    return data + chance.choice((b"", b"\n", b",")) + chance.choice(VALID)[1]


def _lines(chance: random.Random, data: bytes) -> bytes:
    lines = data.splitlines(keepends=True)
    chance.shuffle(lines)
    return b"".join(lines)


def _blank(chance: random.Random, _data: bytes) -> bytes:
    return chance.choice(
        (b"", b"\n", b" " * 9, b"null", b"{}", b"[]", b"\x00" * 64, b"\xef\xbb\xbf")
    )


DAMAGES = (
    *(_cut, _flip, _drop, _repeat, _noise, _hole, _number, _word, _recode, _join, _lines, _blank),
    *(_number, _word, _number),  # what is likeliest to be near a report
)
