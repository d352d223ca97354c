"""Association rules by Eclat over big-integer bit sets: the reference of "bench rules". Prints: seconds item_sets rules."""
import sys
import time


def mine(baskets, least):
    holders = {}
    for number, basket in enumerate(baskets):
        for item in set(basket):
            holders[item] = holders.get(item, 0) | (1 << number)
    items = sorted((item, bits) for item, bits in holders.items() if bits.bit_count() >= least)
    supports = {}

    def extend(prefix, extensions):
        for i, (item, bits) in enumerate(extensions):
            found = prefix + (item,)
            supports[found] = bits.bit_count()
            following = []
            for other, other_bits in extensions[i + 1:]:
                both = bits & other_bits
                if both.bit_count() >= least:
                    following.append((other, both))
            if following:
                extend(found, following)

    extend((), items)
    return supports


def rules(supports, confidence):
    count = 0
    for found, both in supports.items():
        if len(found) < 2:
            continue
        for at in range(len(found)):
            if both >= confidence * supports[found[:at] + found[at + 1:]]:
                count += 1
    return count


with open(sys.argv[1], encoding="utf-8") as lines:
    baskets = [line.rstrip("\n").split(",") for line in lines if line.strip()]
best = None
for _ in range(5):
    started = time.perf_counter()
    supports = mine(baskets, 10)
    found = rules(supports, 0.8)
    seconds = time.perf_counter() - started
    best = seconds if best is None else min(best, seconds)
print(best, len(supports), found)
