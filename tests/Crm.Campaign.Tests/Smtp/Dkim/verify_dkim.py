"""Verifies DKIM signatures with dkimpy, so that the signer is not judged by its own kind.

stdin: {"Keys": {name: TXT record}, "Mails": [base64]}; stdout: for each mail a list with one boolean per signature.
"""
import base64
import json
import sys

import dkim

given = json.load(sys.stdin)
keys = {name.rstrip("."): record.encode() for name, record in given["Keys"].items()}


def record(name, timeout=5):
    return keys.get(name.decode().rstrip("."))


def verify(raw):
    verifier = dkim.DKIM(raw)
    count = sum(1 for name, _ in verifier.headers if name.lower() == b"dkim-signature")

    def valid(index):
        try:
            return verifier.verify(idx=index, dnsfunc=record)
        except dkim.DKIMException:
            return False

    return [valid(index) for index in range(count)]


json.dump([verify(base64.b64decode(mail)) for mail in given["Mails"]], sys.stdout)
