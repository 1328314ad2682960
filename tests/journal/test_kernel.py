"""The kernel's word on its clock, asked for real."""

from pathlib import Path

from bot.journal import kernel

BOOT = Path("/proc/sys/kernel/random/boot_id")


def test_the_kernel_of_this_machine_answers() -> None:
    """Its boot, a time since that boot which goes on, and a state that agrees with its word."""
    first, second = kernel.read(), kernel.read()

    assert first is not None
    assert second is not None
    uptime = float(Path("/proc/uptime").read_text(encoding="ascii").split()[0])
    assert first.boot == second.boot == BOOT.read_text(encoding="ascii").strip()
    assert first.since_boot_us < second.since_boot_us
    assert abs(second.since_boot_us / 1e6 - uptime) < 5
    assert 0 <= first.state <= 5
    assert first.max_error_us >= 0
    assert not (first.synchronised and first.state == 5)


def test_a_machine_without_such_a_kernel_says_nothing(tmp_path: Path) -> None:
    """Where the boot has no name there is no word to give, and nothing is invented."""
    assert kernel.read(tmp_path / "boot_id") is None
