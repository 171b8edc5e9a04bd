"""Content addresses as the database keeps them: 32 bytes instead of 71 characters."""

_PREFIX = "sha256:"
_LENGTH = len(_PREFIX) + 64


def packed(address: str) -> bytes | str:
    """Give the 32 bytes of a content address; other texts stay as they are."""
    if len(address) == _LENGTH and address.startswith(_PREFIX) and address == address.lower():
        try:
            return bytes.fromhex(address[len(_PREFIX) :])
        except ValueError:
            return address
    return address


def unpacked(stored: bytes | str) -> str:
    """Give back what was packed."""
    return _PREFIX + stored.hex() if isinstance(stored, bytes) else stored
