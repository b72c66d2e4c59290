"""JSON without blanks, as tokens and answers have it."""

from __future__ import annotations

import json

compact_json = json.JSONEncoder(separators=(",", ":")).encode
"""From a document to its text, in ASCII. ``json.dumps`` makes an encoder anew for each."""
