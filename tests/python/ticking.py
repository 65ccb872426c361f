"""Other threads of Python's run while a script of another language does, which waits for one of them."""
import threading
import time

import xlgc

WAITING = {"lua": "return function() local shared = xlgc.shared while not shared.stop do end return shared.stop end",
           "duktape": "(function() { var shared = xlgc.shared; while (!shared.stop) {} return shared.stop })",
           "mozjs": "(() => { let shared = xlgc.shared; while (!shared.stop) {} return shared.stop })"}


def stop(name):
    time.sleep(0.01)
    xlgc.shared.stop = name


for name, text in WAITING.items():
    try:
        wait = xlgc.open(name).eval(text)
    except xlgc.Error as error:
        assert "is not installed" in str(error), error
        continue
    xlgc.shared.stop = False
    thread = threading.Thread(target=stop, args=(name,))
    thread.start()
    assert wait() == name
    thread.join()
print("ticked")
