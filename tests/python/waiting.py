# asyncio and JavaScript's promises wait for one another.
import asyncio
import gc
import weakref

import xlgc

js = xlgc.open("mozjs")
defer = js.eval("() => { let f; const p = new Promise((a, b) => { f = [a, b] }); return {p, yes: f[0], no: f[1]} }")
told = []
js.globals.xlgc.onrejection = lambda reason, promise: told.append(reason)


def run(main):
    return asyncio.run(asyncio.wait_for(main(), 60))


def test_promises_are_awaited():
    async def main():
        assert type(js.eval("Promise.resolve(5)")).__name__ == "AwaitableProxy"
        assert await js.eval("Promise.resolve(5)") == 5
        assert await js.eval("Promise.resolve()") is None
        one = defer()
        asyncio.get_running_loop().call_later(0.001, one.yes, "late")
        assert await one.p == "late" and await one.p == "late"
        both = [defer(), defer()]
        together = asyncio.gather(both[0].p, both[1].p)
        await asyncio.sleep(0)
        both[1].yes(2)
        both[0].yes(1)
        assert await together == [1, 2]

    run(main)


def test_rejections_are_raised():
    async def main():
        one = defer()
        error = ValueError("mine")
        one.p.then(None, lambda reason: None)
        one.no(error)
        try:
            await one.p
            assert False
        except ValueError as e:
            assert e is error
        try:
            await js.eval("Promise.reject(new RangeError('theirs'))")
            assert False
        except xlgc.Error as e:
            assert (str(e), e.type, e.message, e.language) == ("RangeError: theirs", "RangeError", "theirs", "mozjs")
            assert js.eval("(e) => e instanceof RangeError")(e.original) and js.eval("(e) => e instanceof RangeError")(e)
        for thrown, words in ("'text'", "text"), ("5", "5"), ("null", "None"), ("new Error('plain')", "plain"):
            try:
                await js.eval("Promise.reject(%s)" % thrown)
                assert False
            except xlgc.Error as e:
                assert str(e) == words and e.message == words, (str(e), e.message)

    run(main)


def test_awaitables_are_awaited_by_scripts():
    async def add(n):
        await asyncio.sleep(0.001)
        if n < 0:
            raise KeyError("below")
        return n + 1

    async def main():
        f = js.eval("async (add) => { const a = await add(1), b = await add(10); return a + b }")
        assert await f(add) == 13
        assert await asyncio.gather(*[f(add) for _ in range(10)]) == [13] * 10
        future = asyncio.get_running_loop().create_future()
        waiting = js.eval("async (x) => [await x, await x]")(future)
        future.set_result("set")
        assert list(await waiting) == ["set", "set"]
        chain = js.eval("(x) => x.then(y => y * 2).finally(() => 0)")
        assert await chain(add(4)) == 10
        # What is raised is an Error there, and comes home as what it was.
        caught = js.eval("(x) => x.catch(e => [e instanceof Error, e.type, e.message, e.language].join())")
        assert await caught(add(-1)) == "true,KeyError,'below',python"
        try:
            await js.eval("async (x) => { await x }")(add(-1))
            assert False
        except KeyError as e:
            assert e.args == ("below",)
        cancelled = js.eval("async (x) => { try { await x } catch (e) { return e.type } }")
        task = asyncio.ensure_future(asyncio.sleep(600))
        waits = cancelled(task)
        task.cancel()
        assert await waits == "CancelledError"
        # Again and again it is no awaitable.
        once = add(1)
        assert await js.eval("async (x) => await x + await x.catch(e => 100)")(once) == 102

    run(main)


def test_without_a_loop():
    async def main():
        pass

    coroutine = main()
    caught = js.eval("(x) => { let words; x.catch(e => { globalThis.words = e.message }) }")
    caught(coroutine)
    assert "needs a running event loop" in js.globals.words
    coroutine.close()
    try:
        next(iter([js.eval("Promise.resolve(1)").__await__()]))
        assert False
    except RuntimeError as e:
        assert "needs a running event loop" in str(e)


def test_others_are_not_awaited():
    assert not hasattr(type(js.eval("({then(f) { f(1) }})")), "__await__")
    assert js.eval("(o) => typeof o.then")(object()) == "undefined"

    async def main():
        assert await js.eval("async (o) => await o === o")(xlgc.new())
        assert type(await js.eval("async () => ({})")()) is xlgc.Proxy

    run(main)


def test_what_nothing_settles_is_collected():
    class Kept:
        pass

    async def wait(one, kept):
        await one.p

    async def main():
        asyncio.get_running_loop().set_exception_handler(lambda loop, context: pending.append(context["message"]))
        gone = []
        for _ in range(20):
            one, kept = defer(), Kept()
            gone.append(weakref.ref(kept))
            asyncio.ensure_future(wait(one, kept))
            del one, kept
        await asyncio.sleep(0.001)
        assert all(one() for one in gone)
        for _ in range(3):
            gc.collect()
            xlgc.collect()
            await asyncio.sleep(0)
        assert not any(one() for one in gone), sum(1 for one in gone if one())

    pending = []
    asyncio.run(main())
    assert len(pending) == 20 and all("pending" in words for words in pending), pending
    assert not told, told
