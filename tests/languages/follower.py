"""Prints every record as a line of JSON, and how many it missed, until it is killed: follower FILE"""

import json
import sys

import mapcast

for sample in mapcast.follow(sys.argv[1]):
    if sample.missed:
        print(json.dumps({"missed": sample.missed}))
    print(json.dumps({"sequence": sample.sequence, "record": {"words": list(sample.words)}}), flush=True)
