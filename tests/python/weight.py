"""What hangs on a proxy counts: where JavaScript has proxies only, its collector works for the bytes of what they stand
for; and rings are looked for sooner where they are large."""

import unittest
import weakref

import xlgc


class Image(bytearray):
    """An array of bytes that can be seen to go."""
    __slots__ = ("__weakref__", "back")
    alive = 0
    most = 0

    def __init__(self, size):
        super().__init__(size)
        Image.alive += 1
        Image.most = max(Image.most, Image.alive)
        weakref.finalize(self, Image.count_out)

    @staticmethod
    def count_out():
        Image.alive -= 1


COUNT = 2000


def most_at_once(make, size):
    """Each time from an empty engine on, beside what is there already."""
    before = Image.most = Image.alive
    for _ in range(COUNT):
        make(size)
    return Image.most - before


class Weight(unittest.TestCase):
    def by_size(self, make_in):
        few, many = (most_at_once(make_in(xlgc.open("mozjs")), size) for size in (1 << 18, 1 << 4))
        print(f"{few} of 256 KiB and {many} of 16 bytes at once")
        self.assertLess(few, COUNT / 2)
        self.assertLess(few, many)

    def test_temporaries(self):
        def make_in(engine):
            engine.eval("function make_one(make, size) { var image = make(size) }")
            make_one = engine.globals.make_one
            return lambda size: make_one(Image, size)
        self.by_size(make_in)

    def test_rings(self):
        def make_in(engine):
            engine.eval("function around(image) { return {image: image} }")
            around = engine.globals.around

            def make(size):
                image = Image(size)
                image.back = around(image)
            return make
        self.by_size(make_in)


if __name__ == "__main__":
    unittest.main()
