"""`python -m dynode` is the command `dynode`."""

from dynode.cli.root import main

if __name__ == "__main__":
    main()
