# A loop of asyncio whose tasks pass objects to Lua and get rings. Once in a while it gives the collector some
# milliseconds, and the rings go while the loop runs.
import asyncio
import weakref
import xlgc

lua = xlgc.open("lua")
keep = lua.eval("return function(request) return { request = request } end")
alive = weakref.WeakSet()


class Request:
    pass


async def serve(number):
    request = Request()
    request.answer = keep(request)  # Python -> Lua -> Python
    alive.add(request)
    await asyncio.sleep(0)
    return number


async def housekeeping():
    while True:
        xlgc.frame(0.005)
        await asyncio.sleep(0)


async def main():
    xlgc.collector(pause=100, share=0, image=0)
    keeper = asyncio.create_task(housekeeping())
    most = served = 0
    while served < 100000 and not most > len(alive) + 100:
        served += len(await asyncio.gather(*(serve(i) for i in range(100))))
        most = max(most, len(alive))
    keeper.cancel()
    print("rings went while the loop ran" if most > len(alive) + 100 else "nothing went")


asyncio.run(main())
