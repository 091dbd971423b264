"""How many faults of the independent platform (tests/independent) the checks catch, on the operation that is wrong.

    python benchmarks/independent.py [PATTERN]

The faults were written apart from the reference platform's. Prints what was missed, and the total.
"""

import re
import sys
import tempfile
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

ROOT = Path(__file__).parent.parent
sys.path.insert(0, str(ROOT))


def one(name):
    """Return a fault's name and whether it was caught."""
    from conformance.model import Outcome
    from tests.independent.second_faults import FAULTS
    from tests.independent.second_platform import Running
    from tests.independent.test_second_platform import SERVICES, results_against

    operation, install = FAULTS[name]
    with Running() as running, tempfile.TemporaryDirectory() as folder:
        install(running.platform)
        results = results_against(Path(folder), running, vouched=True, services=(SERVICES[operation[:2]],))
    failed = {r.requirement.operation for r in results.results if r.outcome is Outcome.FAILED}
    return name, operation in failed


def main():
    from tests.independent.second_faults import FAULTS

    names = [name for name in FAULTS if re.search(sys.argv[1] if len(sys.argv) > 1 else "", name)]
    caught = 0
    with ProcessPoolExecutor(2) as pool:
        for name, seen in pool.map(one, names):
            caught += seen
            if not seen:
                print(f"missed {name}")
    print(f"{caught} of {len(names)} caught")


if __name__ == "__main__":
    main()
