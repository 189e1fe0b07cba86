#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Prepared data that are not as they should be: one line with the file and exit code 2. Absent ones: the machine, 3.
source "$(dirname "${BASH_SOURCE[0]}")/common.bash"

export LOOM_DATA=$work/data

# prepared DATA_SET FILE: standard input becomes a file of a data set that counts as whole.
prepared() {
  mkdir -p "$LOOM_DATA/$1"
  cat >"$LOOM_DATA/$1/$2"
  printf '%s\t%d\t-\n' "$2" "$(stat -c %s "$LOOM_DATA/$1/$2")" >"$LOOM_DATA/$1/manifest.tsv"
}

# refused SUITE PLACE
refused() {
  expect 2 audit "$1"
  one_line
  said err "$LOOM_DATA/$2"
  [[ ! -s $work/out ]] || fail "$1: something is on standard output"
}

expect 3 audit vowels
one_line
said err 'scripts/data vowels'
printf 'speaker,vowel,f0,f1,f2,f3\n1,iy,100,240\n' | prepared vowels vowels.csv
refused vowels 'vowels/vowels.csv:2: the row has 4 cells'
printf 'speaker,vowel,f0,f1,f2,f3\n1,iy,100,nan,2000,3000\n' | prepared vowels vowels.csv
refused vowels "vowels/vowels.csv:2: 'nan' is no "
ok 'a short row and a number that is none'

printf '\0\0\10\3\0\0\0\2\0\0\0\34\0\0\0\34half' | prepared mnist train-images-idx3-ubyte
refused split_mnist 'mnist/train-images-idx3-ubyte: is truncated: its header promises 1568 bytes, 4 follow'
printf 'P5\n28 28\n255\n' | prepared mnist train-images-idx3-ubyte
refused rotated_mnist 'mnist/train-images-idx3-ubyte: is not an IDX file'
ok 'truncated images, and images of another kind'

printf 'The/at\njury\n' | prepared brown ca01
refused brown3 "brown/ca01:2: 'jury' is not a word with its tag"
ok 'a word without its tag'
