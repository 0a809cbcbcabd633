"""The one pattern that every job_id matches."""

from __future__ import annotations

import re
from typing import Final

JOB_ID: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,63}")
"""For `fullmatch`: an integer, or a name that is safe in URLs and file names."""
