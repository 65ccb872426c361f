# Runs all functions test_* of the files named, in a stock interpreter.
import os
import sys

here = os.path.dirname(os.path.abspath(__file__))
count = failed = 0
for name in sys.argv[1:]:
    names = {"__name__": name}
    with open(os.path.join(here, name + ".py")) as file:
        exec(compile(file.read(), name + ".py", "exec"), names)
    for test in [key for key in names if key.startswith("test_")]:
        count += 1
        try:
            names[test]()
        except BaseException:
            import traceback

            failed += 1
            print(name, test)
            traceback.print_exc()
print("%d tests, %d failed" % (count, failed))
sys.exit(failed != 0 or count == 0)
