"""Where the process starts: an interrupt ends it quietly, while it is still importing too."""

import sys


def main() -> None:
    """Run the command line."""
    try:
        from eidos.engine.cli import main as run

        run()
    except KeyboardInterrupt:
        sys.exit(130)


if __name__ == "__main__":
    main()
