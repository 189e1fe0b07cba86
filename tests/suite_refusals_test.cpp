// SPDX-License-Identifier: Apache-2.0
#include <doctest/doctest.h>

#include <cmath>

#include "tests/suite_files.h"

using namespace loom;
using namespace loom::suite_files;

TEST_CASE("[suite refusals] broken data files are refused in one line with their place") {
  struct Case {
    const char* expected;
    Files files;
  };
  const auto table = [](const std::string& train, const std::string& test = kTest) {
    return Files{{"suite.yaml", kTable}, {"a.csv", train}, {"b.csv", test}};
  };
  const std::string four = idx_labels(4);
  const std::string csv_image = "kind: image\nviews: {plain: []}\nfiles: {train: a.csv, test: b.csv}\n";
  const std::string one_feature = "kind: features\ndomain: file\n";
  const std::vector<Case> cases = {
      {"a.csv: is empty", table("")},
      {"a.csv: is empty", table("\n\n")},
      {"a.csv:3: the row has 2 cells, the first has 3", table("x,y,where\n1,no,e\n2,no\n")},
      {"a.csv:3: column 'x' holds numbers, but here 'nan'", table("x,y,where\n1,no,e\nnan,no,e\n")},
      {"a.csv:4: column 'x' holds numbers, but here nothing", table("x,y,where\n1,no,e\n2,no,e\n,no,e\n")},
      {"b.csv:2: column 'x' holds numbers, but here 'much'", table(kTrain, "x,y,where\nmuch,no,east\n")},
      {"a.csv:1: there is no column 'y'; columns: size, label, where", table("size,label,where\n1,no,e\n")},
      {"a.csv:1: there is no column 'where'; did you mean 'were'?", table("x,y,were\n1,no,e\n")},
      {"a.csv:1: two columns are called 'x'", table("x,y,where,x\n1,no,e,2\n")},
      {"a.csv:1: column 'y' is wanted, but the first line names no columns", table("1,2,3\n4,5,6\n")},
      {"a.csv:2: a quote opens here and never closes", table("x,y,where\n1,\"no,e\n2,no,e\n")},
      {"a.csv:2: text follows a closing quote", table("x,y,where\n1,\"no\"pe,e\n")},
      {"a.csv: is not text: it holds NUL bytes", table(std::string("x,y,where\n1,\0,e\n", 16))},
      {"a.csv: is compressed", table("\x1f\x8b\x08 and so on")},
      {"a.csv:3: column 'y' is empty", table("x,y,where\n1,no,e\n2,,e\n")},
      {"a.csv:2: label 'inf' is no class", table("x,y,where\n1,inf,e\n")},
      {"b.csv:2: label 'maybe' does not occur on the train side", table(kTrain, "x,y,where\n9,maybe,east\n")},
      {"b.csv:1: the columns differ from those of a.csv", table(kTrain, "x,where,y\n9,east,no\n")},
      {"a.csv: holds no rows", table("x,y,where\n", "x,y,where\n")},
      {"b.csv:2: group 'ann' also occurs on the train side",
       {{"suite.yaml", std::string(kTable) + "group: who\n"},
        {"a.csv", "x,y,where,who\n1,no,e,ann\n2,yes,e,bob\n"},
        {"b.csv", "x,y,where,who\n3,no,e,ann\n"}}},
      {"i.idx: is truncated: its header promises 16 bytes, 15 follow",
       idx_files(kIdx, idx_images(4, 0).substr(0, 31), four)},
      {"i.idx: has bytes left over", idx_files(kIdx, idx_images(4, 0) + "!", four)},
      {"i.idx: is truncated inside its header", idx_files(kIdx, idx_images(4, 0).substr(0, 11), four)},
      {"i.idx: is not an IDX file: it begins with 50350a32", idx_files(kIdx, "P5\n2 2\n255\n", four)},
      {"i.idx: holds IDX type 0x0d; only unsigned bytes",
       idx_files(kIdx, idx({4, 2, 2}, std::string(64, 1), 13), four)},
      {"i.idx: is empty", idx_files(kIdx, "", four)},
      {"i.idx: is compressed", idx_files(kIdx, "\x1f\x8b\x08 and so on", four)},
      {"i.idx: names sizes beyond any file", idx_files(kIdx, idx({4000000000, 4000000000, 4000000000}, "x"), four)},
      {"i.idx: images have 3 dimensions", idx_files(kIdx, idx({4, 4}, std::string(16, 1)), four)},
      {"l.idx: its shape is 3; 4 labels are needed for i.idx", idx_files(kIdx, idx_images(4, 0), idx_labels(3))},
      {"i.idx: an image has 4 pixels here; shape 3 x 3 needs 9",
       idx_files(std::string(kIdx) + "shape: [3, 3]\n", idx_images(4, 0), four)},
      {"i.idx: item 2: pixel 3 is 11; pixels are from 0 to the scale, 10",
       idx_files(std::string(kIdx) + "scale: 10\n", idx_images(4, 0), four)},
      {"a.csv:2: pixel 1 is 'dark', not a number",
       {{"suite.yaml", csv_image}, {"a.csv", "1,2,0\n3,dark,1\n"}, {"b.csv", "5,6,0\n"}}},
      {"a.csv:1: pixel 0 is -1; pixels are from 0",
       {{"suite.yaml", csv_image}, {"a.csv", "-1,2,0\n3,4,1\n"}, {"b.csv", "5,6,0\n"}}},
      {"a.csv:1: pixel 0 is nan; pixels are from 0",
       {{"suite.yaml", csv_image}, {"a.csv", "nan,2,0\n3,4,1\n"}, {"b.csv", "5,6,0\n"}}},
      {"a.csv:1: an image has 2 pixels here; shape 2 x 2 needs 4",
       {{"suite.yaml", csv_image + "shape: [2, 2]\n"}, {"a.csv", "1,2,0\n"}, {"b.csv", "5,6,0\n"}}},
      {"t.txt: is empty", {{"suite.yaml", "kind: bytes\n"}, {"t.txt", ""}}},
      {"t.txt: holds 100 bytes, less than one window of 128",
       {{"suite.yaml", "kind: bytes\n"}, {"t.txt", std::string(100, 't')}}},
      {"f.safetensors: item 1: feature 0 is not finite",
       {{"suite.yaml", one_feature}, {"f.safetensors", features({1, NAN}, 1, {0, 1}, {})}}},
      {"f.safetensors: there is no tensor 'domain'; tensors: features, label; or set domain to 'folder' or 'file'",
       {{"suite.yaml", "kind: features\n"}, {"f.safetensors", features({1, 2}, 1, {0, 1}, {})}}},
      {"f.safetensors", {{"suite.yaml", one_feature}, {"f.safetensors", "not safetensors"}}},
  };
  for (const auto& broken : cases) {
    const std::string message = refusal(broken.files);
    CAPTURE(message);
    CHECK(message.starts_with(broken.expected));
    CHECK(message.find('\n') == std::string::npos);
  }
}

TEST_CASE("[suite refusals] a domain without test items or with too few groups is refused by name") {
  CHECK(has(refusal({{"suite.yaml", kTable}, {"a.csv", std::string(kTrain) + "7,no,west\n"}, {"b.csv", kTest}}),
            "suite 'suite': domain 'west' has no items in the test"));
  CHECK(has(
      refusal({{"suite.yaml", kTable}, {"a.csv", "x,y,where\n1,a,e\n2,b,e\n3,a,e\n"}, {"b.csv", "x,y,where\n9,a,e\n"}}),
      "domain 'e' has 3 groups on the train side; at least 4 are needed"));
}

TEST_CASE("[suite refusals] mistakes in suite.yaml are told with line, column and the nearest name") {
  struct Case {
    const char *yaml, *place, *expected;
  };
  const std::vector<Case> cases = {
      {"kind: table\nlabel: y\ndomian: folder\n", "suite.yaml:3:1", "did you mean 'domain'?"},
      {"kind: tabel\n", "suite.yaml:1:7", "did you mean 'table'?"},
      {"kind: tokns\n", "suite.yaml:1:7", "kinds: table, image, bytes, features, tokens"},
      {"label: y\n", "suite.yaml:1:1", "suite.yaml does not say its kind"},
      {"kind: table\n", "suite.yaml:1:1", "a table needs 'label'"},
      {"kind: table\nlabel: y\nwindow: 8\n", "suite.yaml:3:1", "key 'window' is for kind bytes, tokens, not table"},
      {"kind: bytes\nwindow: 1\n", "suite.yaml:2:9", "a whole number from 2 to 65536"},
      {"kind: bytes\nwindow: 12.5\n", "suite.yaml:2:9", "a whole number"},
      {"kind: bytes\nwindow: 64\nblock: 32\n", "suite.yaml:3:8", "a block is at least as long as a window"},
      {"kind: bytes\nmetric: accuracy\n", "suite.yaml:2:9", "the metric of kind bytes is bits_per_byte"},
      {"kind: bytes\nfiles: [../x.txt]\n", "suite.yaml:2:9", "relative to the suite's folder and lie inside it"},
      {"kind: bytes\nfiles: [/etc/passwd]\n", "suite.yaml:2:9", "relative to the suite's folder and lie inside it"},
      {"kind: bytes\nfiles: [a.txt, a.txt]\n", "suite.yaml:2:16", "named twice"},
      {"kind: bytes\nsplit: {train: 0.5, validation: 0.5}\n", "suite.yaml:2:8", "give all four, with sum 1"},
      {"kind: bytes\nsplit: {train: 0.7, validation: 0.1, router: 0.1, calibration: 0.3}\n", "suite.yaml:2:8",
       "with sum 1"},
      {"kind: bytes\nsplit: {tset: 0.1}\n", "suite.yaml:2:9", "did you mean 'test'?"},
      {"kind: bytes\nsplit: {test: 1}\n", "suite.yaml:2:15", "a number from 0.001 to 0.999"},
      {"kind: image\nfiles: {train: a.csv}\n", "suite.yaml:2:8", "names both 'train' and 'test'"},
      {"kind: image\nviews: {a: [rotate]}\n", "suite.yaml:2:13", "unknown transform"},
      {"kind: image\nviews: {a: [{permute: x}]}\n", "suite.yaml:2:23", "a whole number"},
      {"kind: image\nviews: {a: []}\ndomain: folder\n", "suite.yaml:3:9", "the views are the domains"},
      {"kind: image\nshape: [2, 3]\nviews: {a: [rotate90]}\n", "suite.yaml:2:8", "only square images are rotated"},
      {"kind: image\nshape: 8\n", "suite.yaml:2:8", "a shape is [height, width]"},
      {"- kind\n", "suite.yaml:1:1", "must be a map of keys"},
  };
  for (const auto& wrong : cases) {
    const std::string message = refusal({{"suite.yaml", wrong.yaml}});
    CAPTURE(wrong.yaml);
    CAPTURE(message);
    CHECK(message.starts_with(wrong.place + std::string(": error: ")));
    CHECK(has(message, wrong.expected));
  }
}

TEST_CASE("[suite refusals] all mistakes of one suite.yaml are told at once") {
  const std::string message = refusal({{"suite.yaml", "kind: image\nscale: red\nshape: 3\nwindow: 4\n"}});
  CHECK(has(message, "suite.yaml:2:8"));
  CHECK(has(message, "suite.yaml:3:8"));
  CHECK(has(message, "suite.yaml:4:1"));
}

TEST_CASE("[suite refusals] missing files and folders are named, with the nearest file") {
  CHECK(has(refusal({{"suite.yaml", "kind: bytes\nfiles: [speach.txt]\n"}, {"speech.txt", "x"}}),
            "suite.yaml:2: there is no file 'speach.txt' in"));
  CHECK(has(refusal({{"suite.yaml", "kind: bytes\nfiles: [speach.txt]\n"}, {"speech.txt", "x"}}),
            "did you mean 'speech.txt'?"));
  CHECK(has(refusal({{"suite.yaml", "kind: bytes\n"}}), "holds no *.txt file"));
  CHECK(has(refusal({{"suite.yaml", "kind: image\ndomain: file\n"}}), "no pair train-images*, train-labels*"));
  CHECK(has(refusal({{"suite.yaml", "kind: table\nlabel: y\n"}, {"a.csv", kTrain}}), "the domains are subfolders"));
  CHECK(has(refusal({{"data.csv", kTrain}}), "suite.yaml: there is no such file"));
  CHECK_THROWS_WITH_AS(suites::folder().load(Json{{"path", "/nonexistent/suite"}}),
                       "/nonexistent/suite: there is no such folder", InputError);
}
