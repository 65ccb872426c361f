import gc, xlgc
story = next(one for one in gc.get_objects() if type(one) is Story and one.number == 1)
print(xlgc.why(story), flush=True)
