"""``make fuzz``: fire at each parser in turn for some minutes, then say what was reached."""

import argparse
import time

from tests.fuzz.targets import fuzzes


def main() -> None:
    """Run all, each for its share of the time; a fault stops with the input that caused it."""
    given = argparse.ArgumentParser(description=__doc__)
    given.add_argument("--seed", type=int, default=1)
    given.add_argument("--minutes", type=float, default=2.0)
    asked = given.parse_args()
    every = fuzzes(asked.seed)
    for name, (fuzz, seeds) in every.items():
        until = time.monotonic() + asked.minutes * 60 / len(every)
        fuzz.run(seeds, lambda _, until=until: time.monotonic() < until)  # type: ignore[misc]
        print(f"{name}: {fuzz.tried} inputs, {len(fuzz.corpus)} kept, {len(fuzz.ways)} ways taken")


if __name__ == "__main__":
    main()
