from scratchmlp.cli import main

main()
