# What the tests ask of a call that is to fail.


def raises(error, words, function, *arguments, **named):
    """Calls the function, which raises that error with these words in its own. Returns the error."""
    try:
        function(*arguments, **named)
    except error as found:
        assert words in str(found), str(found)
        return found
    raise AssertionError("this raises no %s" % error.__name__)
