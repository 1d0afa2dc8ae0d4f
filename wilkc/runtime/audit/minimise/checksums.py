"""Checksums of numbers that identify persons and accounts. Layer: runtime. Pure.

Each takes the digits and letters of a candidate without separators, in upper case.
"""

from __future__ import annotations

from typing import Final

_DNI_LETTERS: Final = "TRWAGMYFPDXBNJZSQVHLCKE"
_NIE_DIGITS: Final = {"X": "0", "Y": "1", "Z": "2"}
_ODD: Final = dict(
    zip(
        "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ",
        (1, 0, 5, 7, 9, 13, 15, 17, 19, 21, 1, 0, 5, 7, 9, 13, 15, 17, 19, 21, 2, 4, 18, 20, 11,
         3, 6, 8, 12, 14, 16, 10, 22, 25, 24, 23),
        strict=True,
    )
)  # fmt: skip
_DOUBLED: Final = str.maketrans("0123456789", "0246813579")
"""The sum of the digits of twice a digit."""
_PESEL_WEIGHTS: Final = (1, 3, 7, 9, 1, 3, 7, 9, 1, 3)
_D: Final = (
    "0123456789", "1234067895", "2340178956", "3401289567", "4012395678",
    "5987604321", "6598710432", "7659821043", "8765932104", "9876543210",
)  # fmt: skip
_P: Final = (
    "0123456789", "1576283094", "5803796142", "8916043527",
    "9453126870", "4286573901", "2793806415", "7046913258",
)  # fmt: skip


def luhn(digits: str) -> bool:
    """ISO/IEC 7812-1, annex B: payment cards; also Swedish personal numbers."""
    # As bytes, as it is asked at every end of many candidates: each is "0" and its digit.
    plain, doubled = digits[::-2].encode(), digits[-2::-2].translate(_DOUBLED).encode()
    total = sum(plain) + sum(doubled) - ord("0") * len(digits)
    return total % 10 == 0


def mod_97(text: str) -> bool:
    """ISO 7064 as ISO 13616 uses it: IBANs."""
    moved = text[4:] + text[:4]
    return int("".join(str(int(character, 36)) for character in moved)) % 97 == 1


def nir(text: str) -> bool:
    """The French social security number: key = 97 - number mod 97; Corsica as 19 and 18."""
    body = text[:13].replace("2A", "19").replace("2B", "18")
    return body.isdigit() and 97 - int(body) % 97 == int(text[13:])


def dni(text: str) -> bool:
    """The Spanish DNI and NIE: a letter by mod 23."""
    number = _NIE_DIGITS.get(text[0], text[0]) + text[1:-1]
    return _DNI_LETTERS[int(number) % 23] == text[-1]


def codice_fiscale(text: str) -> bool:
    """The Italian tax code: a letter by two tables."""
    total = sum(
        _ODD[character] if place % 2 == 0 else int(character, 36) - 10 * character.isalpha()
        for place, character in enumerate(text[:15])
    )
    return chr(ord("A") + total % 26) == text[15]


def steuer_id(digits: str) -> bool:
    """The German tax number: ISO 7064 MOD 11,10, with one digit repeated."""
    if len(set(digits[:10])) not in {8, 9}:
        return False
    product = 10
    for digit in digits[:10]:
        total = (int(digit) + product) % 10 or 10
        product = total * 2 % 11
    return (11 - product) % 10 == int(digits[10])


def pesel(digits: str) -> bool:
    """The Polish PESEL: weights, and a day that exists in no month beyond 31."""
    total = sum(
        int(digit) * weight for digit, weight in zip(digits[:10], _PESEL_WEIGHTS, strict=True)
    )
    month, day = int(digits[2:4]) % 20, int(digits[4:6])
    return (10 - total % 10) % 10 == int(digits[10]) and 1 <= month <= 12 and 1 <= day <= 31  # noqa: PLR2004


def cpf(digits: str) -> bool:
    """The Brazilian CPF: two digits by mod 11."""
    for length in (9, 10):
        total = sum(
            int(digit) * (length + 1 - place) for place, digit in enumerate(digits[:length])
        )
        if total * 10 % 11 % 10 != int(digits[length]):
            return False
    return len(set(digits)) > 1


def ean_13(digits: str) -> bool:
    """The Swiss AHV number, an EAN-13."""
    total = sum(int(digit) * (1 + 2 * (place % 2)) for place, digit in enumerate(digits))
    return total % 10 == 0


def verhoeff(digits: str) -> bool:
    """The Indian Aadhaar number (J. Verhoeff, 1969)."""
    check = 0
    for place, digit in enumerate(reversed(digits)):
        check = int(_D[check][int(_P[place % 8][int(digit)])])
    return check == 0


def ssn(digits: str) -> bool:
    """The social security number of the United States has no checksum, but numbers never given."""
    return (
        digits[:3] not in {"000", "666"}
        and digits[0] != "9"
        and digits[3:5] != "00"
        and digits[5:] != "0000"
    )
