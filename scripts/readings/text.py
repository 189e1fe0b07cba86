# SPDX-License-Identifier: Apache-2.0
"""Suites of hashed n-grams: the sentences of sent4 and the words of brown3. All text is bytes."""
import re
import struct
from collections import Counter
from functools import cache

from readings.shared import DATA, TEST, TRAIN, checksum, evenly, fnv1a, hashed_side, line, read_csv, shuffled

FEATURES, WIDTH = 2 ** 14, 128
TOKEN = re.compile(rb"[A-Za-z0-9'\x80-\xff]+|[^A-Za-z0-9'\x80-\xff\x00-\x20]+")
HALF, CLASSES = 32, 64
GENRES = "abcdefghjklmnpr"
MARKED = re.compile(rb"(?:fw-)?(.*?)(?:-tl|-hl|-nc)*", re.DOTALL)


@cache
def feature_id(feature):
    whole = fnv1a(feature, 32)
    return (whole >> 14 ^ whole) % FEATURES


@cache
def ranks():
    return shuffled(range(FEATURES), "hashed_bags/order")


def bag(features, asked=()):
    """16 bits an id, ascending. What does not fit goes by the rank of its id."""
    ids = sorted({feature_id(feature) for feature in features}, key=lambda i: ranks()[i])[:WIDTH - len(asked)]
    return b"".join(struct.pack("<H", i) for i in sorted([*ids, *asked]))


def sentiment(reading, share, label_of):
    for domain in ("tweets", "movie", "amazon", "nyt"):
        items = []
        for _, rating, text in read_csv(DATA / "sent4" / f"{domain}.csv", "latin-1")[1:]:
            tokens = TOKEN.findall(text.encode("latin-1").lower())
            form = b"".join(token + b" " for token in tokens)
            pairs = [b"v:" + a + b" " + b for a, b in zip(tokens, tokens[1:])]
            label = label_of(float(rating))
            content = bag([b"w:" + token for token in tokens] + pairs)
            items.append((hashed_side(form, share), label, form, checksum(content, label)))
        yield line(reading, domain, items)


def words_of(document):
    """(first byte, word, tag) of every word, and the text: the words with a blank between them."""
    words, text = [], b""
    for token in document.split():
        word, _, tag = token.rpartition(b"/")
        text += b" " * bool(text)
        words.append((len(text), word, MARKED.fullmatch(tag.split(b"+")[0])[1]))
        text += word
    return words, text


def spots(words, text):
    """Words with a letter or a digit around which a window of 64 bytes fits, and a byte behind it."""
    return [(text[begin - HALF:begin + HALF + 1], word, tag) for begin, word, tag in words
            if HALF <= begin < len(text) - HALF and len(word) < HALF and re.search(rb"[A-Za-z0-9]", word)]


def word_features(window, written):
    lower, word = window.lower(), written.lower()
    yield from (b"w:" + word, b"b:" + word)
    yield b"f:%d%d%d" % (bool(re.match(rb"[A-Z]", written)), bool(re.search(rb"[0-9]", written)), b"-" in written)
    yield from (b"p:" + word[:n] for n in (1, 2, 3) if n <= len(word))
    yield from (b"s:" + word[-n:] for n in (1, 2, 3, 4) if n <= len(word))
    # The first word of the window may be cut, and so may the last; the blanks beside the word leave empty ones.
    before = lower[:HALF].split(b" ")[-2:0:-1]
    behind = lower[HALF + len(word):].split(b" ")[1:-1]
    for name, near in ((b"l", before), (b"r", behind)):
        yield from (b"%b%d:%b" % (name, place, other) for place, other in enumerate(near[:2]))
        yield from (b"b:" + other for other in near)
    yield from (b"e:" + window[-n:] for n in range(1, 7))
    yield from (b"g:" + lower[at:at + 3] for at in range(len(lower) - 2))


def classes(values):
    """The 63 most frequent, ties by text; all others are one class behind them."""
    ranked = sorted(Counter(values).items(), key=lambda one: (-one[1], one[0]))[:CLASSES - 1]
    numbers = {value: number for number, (value, _) in enumerate(ranked)}
    return lambda value: numbers.get(value, CLASSES - 1)


def brown3(reading, wanted=(8000, 2000)):
    found = {TRAIN: [], TEST: []}
    files = sorted(file for file in (DATA / "brown").iterdir() if file.name != "manifest.tsv")
    for number, file in enumerate(files):
        side = TEST if number % 10 == 9 else TRAIN
        genre = GENRES.index(file.name[1])
        found[side] += [(number, genre, *spot) for spot in spots(*words_of(file.read_bytes()))]
    tag_class = classes(tag for *_, tag in found[TRAIN])
    next_class = classes(window[-1:] for _, _, window, _, _ in found[TRAIN])
    items = {"tag": [], "next": [], "genre": []}
    for side in (TRAIN, TEST):
        for number, genre, window, word, tag in evenly(found[side], wanted[side]):
            features = list(word_features(window[:-1], word))
            labels = (tag_class(tag), CLASSES + next_class(window[-1:]), 2 * CLASSES + genre)
            for output, (name, label) in enumerate(zip(items, labels)):
                content = bag(features, [FEATURES + output])
                items[name].append((side, label, number, checksum(content, label)))
    return [line(reading, name, of_output) for name, of_output in items.items()]


READINGS = {
    "sent4": lambda: sentiment("sent4", 0.2, lambda rating: int(rating > 0)),
    "sent4_published": lambda: sentiment("sent4_published", 0.5, lambda rating: 1 + (rating > 0) - (rating < 0)),
    "brown3": lambda: brown3("brown3"),
}
