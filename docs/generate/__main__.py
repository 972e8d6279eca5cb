"""``python docs/generate [PART]``: prints a part, or their names."""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent.parent))

from generate import PARTS

for name in sys.argv[1:]:
    print(PARTS[name]())
if not sys.argv[1:]:
    print("\n".join(PARTS))
