"""Invokes the handler with the event on stdin, and prints its result and how often it worked.

With the argument `raced`, another attempt runs to its end while this one works.
"""

import json
import sys

import Score

event = json.load(sys.stdin)
work = Score.score
runs = 0


def count(order, price):
    global runs
    runs += 1
    return work(order, price)


def lose(order, price):
    Score.score = count
    Score.handler(event, None)
    return {"points": 100, "reasons": ["of the attempt that lost"]}


Score.score = lose if "raced" in sys.argv else count
try:
    print(json.dumps({"result": Score.handler(event, None), "runs": runs}))
except Score.ProcessDataNotReady as error:
    print(json.dumps({"error": type(error).__name__, "missing": str(error), "runs": runs}))
