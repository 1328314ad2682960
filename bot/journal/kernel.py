"""What the kernel itself says of its clock: synchronised or not, largest error, time since boot.

Asked of Linux through its C library, without privilege: ``adjtimex`` with no mode set only reads.
The time since boot never steps, whatever is done to the hour, and the boot's identifier says over
which span two readings may be compared: an auditor reads in them how time went by between two
checkpoints.  The hour itself is not read here.
"""

import ctypes
import sys
import time
from pathlib import Path
from typing import Final

from bot.core.sealing import KernelClock

_BOOT_ID: Final = Path("/proc/sys/kernel/random/boot_id")
_UNSYNCHRONISED: Final = 0x40
"""``STA_UNSYNC`` of ``sys/timex.h``."""
_ERROR: Final = 5
"""``TIME_ERROR``, the state of a clock that is not synchronised."""


class _Timex(ctypes.Structure):
    """``struct timex`` of 64-bit Linux."""

    _fields_ = (
        ("modes", ctypes.c_uint),
        ("offset", ctypes.c_long),
        ("freq", ctypes.c_long),
        ("maxerror", ctypes.c_long),
        ("esterror", ctypes.c_long),
        ("status", ctypes.c_int),
        ("constant", ctypes.c_long),
        ("precision", ctypes.c_long),
        ("tolerance", ctypes.c_long),
        ("time", ctypes.c_long * 2),
        ("tick", ctypes.c_long),
        ("ppsfreq", ctypes.c_long),
        ("jitter", ctypes.c_long),
        ("shift", ctypes.c_int),
        ("stabil", ctypes.c_long),
        ("jitcnt", ctypes.c_long),
        ("calcnt", ctypes.c_long),
        ("errcnt", ctypes.c_long),
        ("stbcnt", ctypes.c_long),
        ("tai", ctypes.c_int),
        ("spare", ctypes.c_int * 11),
    )


def read(boot_id: Path = _BOOT_ID) -> KernelClock | None:
    """The kernel's word now, or ``None`` where there is no such kernel or it may not be asked."""
    if not sys.platform.startswith("linux") or ctypes.sizeof(ctypes.c_long) != ctypes.sizeof(
        ctypes.c_longlong
    ):
        return None
    adjtimex = getattr(ctypes.CDLL(None), "adjtimex", None)
    asked = _Timex()
    state = -1 if adjtimex is None else adjtimex(ctypes.byref(asked))
    try:
        boot = boot_id.read_text(encoding="ascii").strip()
    except OSError:
        return None
    if state < 0:
        return None
    return KernelClock(
        synchronised=state != _ERROR and not asked.status & _UNSYNCHRONISED,
        state=state,
        max_error_us=asked.maxerror,
        boot=boot,
        since_boot_us=time.clock_gettime_ns(time.CLOCK_BOOTTIME) // 1000,
    )
