"""How much later than its slot a run starts: another delay for each slot, always one for a slot."""

from hashlib import blake2b

_STEPS = 1 << 64


def delay_ms(pipeline: str, slot_ms: int, most_s: float) -> int:
    """Return a slot's delay in milliseconds, at least 0 and below ``most_s`` seconds.

    It comes out of a hash of pipeline and slot (Unix milliseconds), so that a restart does not
    draw it anew, and pipelines with one schedule are spread out.
    """
    if not most_s:
        return 0
    hashed = blake2b(f"{pipeline}\0{slot_ms}".encode(), digest_size=8).digest()
    return int.from_bytes(hashed) * round(most_s * 1000) // _STEPS
