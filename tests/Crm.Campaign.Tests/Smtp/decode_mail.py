"""Decodes mails with Python's email package, so that the writer is not judged by its own kind.

stdin: a JSON list of base64 mails; stdout: a JSON list of what a reader would see in each.
"""
import base64
import email
import email.policy
import json
import sys


def decode(raw):
    message = email.message_from_bytes(raw, policy=email.policy.default)
    parts = [part for part in message.walk() if not part.is_multipart()]
    return {
        "Subject": message["Subject"],
        "From": [[a.display_name, a.addr_spec] for a in message["From"].addresses],
        "To": [[a.display_name, a.addr_spec] for a in message["To"].addresses],
        "Headers": [[name, str(value)] for name, value in message.items()],
        "Type": message.get_content_type(),
        "Parts": [
            {
                "Type": part.get_content_type(),
                "Charset": part.get_content_charset(),
                "Body": part.get_payload(decode=True).decode("utf-8", "replace"),
                "FileName": part.get_filename(),
                "Content": base64.b64encode(part.get_payload(decode=True)).decode(),
            }
            for part in parts
        ],
        "Defects": [str(d) for part in message.walk() for d in part.defects],
        "Date": message["Date"].datetime.isoformat(),
    }


json.dump([decode(base64.b64decode(mail)) for mail in json.load(sys.stdin)], sys.stdout)
