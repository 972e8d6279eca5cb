"""``python -m ocpp_kernel``: the command line."""

from ocpp_kernel.cli import main

if __name__ == "__main__":
    raise SystemExit(main())
