// SPDX-License-Identifier: Apache-2.0
#include <map>
#include <memory>
#include <nlohmann/json.hpp>

#include "harness/random.h"
#include "tasks/sources/data_root.h"
#include "tasks/sources/image_drawing.h"
#include "tasks/sources/image_set.h"
#include "tasks/sources/prepared.h"
#include "tasks/sources/refuse.h"

namespace loom::suites {
namespace img4_detail {
namespace {

using sources::ImageItems;
using sources::ImageSet;

constexpr int64_t kSide = 28, kPixels = kSide * kSide;
constexpr int32_t kClasses = 10, kCharacters = 20;  // characters of a font: A..J, 0..9
constexpr int kOptdigitsSide = 8, kOptdigitsFull = 16;
const std::vector<std::string> kDomains = {"mnist", "fashion", "animal", "glyphs"};

using Groups = std::shared_ptr<const std::vector<int64_t>>;  // of every image of a set; none: each is its own

// One half of a domain: which images of a set.
struct Half {
  std::shared_ptr<const ImageSet> set;
  std::vector<int64_t> places;
  Groups groups = nullptr;
};

struct Domain {
  Half train, test;
};

// A fifth of the units 0..count-1, by a fixed shuffle, for the test. A unit goes where the first of its family is, and
// a family for which the test has no room left goes to the train side.
struct Cut {
  std::vector<int64_t> train, test;
};

Cut four_to_one(const std::vector<int64_t>& family, std::string_view purpose) {
  std::vector<std::vector<int64_t>> members(family.size());
  for (size_t unit = 0; unit < family.size(); ++unit)
    members[static_cast<size_t>(family[unit])].push_back(static_cast<int64_t>(unit));
  const size_t wanted = family.size() / 5;
  Cut cut;
  for (const int64_t first : permutation(std::ssize(family), Stream(0, purpose))) {
    const auto& units = members[static_cast<size_t>(first)];
    auto& side = cut.test.size() + units.size() <= wanted ? cut.test : cut.train;
    side.insert(side.end(), units.begin(), units.end());
  }
  return cut;
}

void make_tiny(Domain& domain, const std::string& name) {
  const auto take = [&](Half& half, int64_t count, const char* side) {
    half.places = sources::chosen(*half.set, std::move(half.places), count, "img4/" + name + side);
  };
  take(domain.train, sources::kTinyTrainSide, "/train");
  take(domain.test, sources::kTinyTest, "/test");
}

Domain official(const std::string& name) {
  auto halves = sources::read_halves(name, "img4");
  const auto whole = [](ImageSet& set) {
    auto places = sources::all_of(set);
    return Half{std::make_shared<const ImageSet>(std::move(set)), std::move(places)};
  };
  return {whole(halves.train), whole(halves.test)};
}

std::shared_ptr<const ImageSet> whole_set(const std::string& name, int32_t classes) {
  const auto folder = sources::prepared(name, "img4");
  return std::make_shared<const ImageSet>(folder / "images-idx3-ubyte", folder / "labels-idx1-ubyte", kSide, classes);
}

// The set holds 284 images twice; copies are one group.
Domain animals() {
  const auto set = whole_set("animal", kClasses);
  auto groups = std::make_shared<const std::vector<int64_t>>(sources::families(*set, 1, 1));
  Cut cut = four_to_one(*groups, "img4/animal");
  return {{set, std::move(cut.train), groups}, {set, std::move(cut.test), groups}};
}

void check_layout(const ImageSet& glyphs) {
  if (glyphs.count() % kCharacters != 0)
    sources::refuse(glyphs.file(), 0, std::to_string(glyphs.count()) + " glyphs are not 20 of each font");
  for (int64_t i = 0; i < glyphs.count(); ++i)
    if (glyphs.label(i) != i % kCharacters)
      sources::refuse(glyphs.file(), 0,
                      "item " + std::to_string(i) + " has label " + std::to_string(glyphs.label(i)) +
                          "; every font has the characters 0..19 in order");
}

// Letters of some fonts, or their digits: ten characters from `first` on.
std::vector<int64_t> characters(const std::vector<int64_t>& fonts, int64_t first) {
  std::vector<int64_t> places;
  for (int64_t font : fonts)
    for (int64_t i = first; i < first + kClasses; ++i) places.push_back(font * kCharacters + i);
  return places;
}

struct Fonts {
  Cut cut;
  Groups groups;  // of every glyph: its family of fonts
};

// A font is wholly on one side, and so are fonts that have a letter in common, pixel for pixel.
Fonts fonts_of(const ImageSet& set) {
  const auto family = sources::families(set, kCharacters, kClasses);
  std::vector<int64_t> groups;
  for (int64_t i = 0; i < set.count(); ++i) groups.push_back(family[static_cast<size_t>(i / kCharacters)]);
  return {four_to_one(family, "img4/fonts"), std::make_shared<const std::vector<int64_t>>(std::move(groups))};
}

// Fonts are few, so both sizes take them all.
Domain glyphs() {
  const auto set = whole_set("glyphs", kCharacters);
  check_layout(*set);
  const auto [cut, groups] = fonts_of(*set);
  return {{set, characters(cut.train, 0), groups}, {set, characters(cut.test, 0), groups}};
}

// Test items for domain mnist that are digits of another kind; `letters`: domain glyphs.
Half other_digits(const std::string& kind, const Domain& letters) {
  if (kind == "glyph_digits") {
    const auto [cut, groups] = fonts_of(*letters.test.set);
    return {letters.test.set, characters(cut.test, kClasses), groups};
  }
  const auto folder = data_root() / "digits4";
  const auto set = std::make_shared<const ImageSet>(folder / "test-images.idx", folder / "test-labels.idx",
                                                    kOptdigitsSide, kClasses);
  return {set, sources::all_of(*set)};
}

// Domains become items; an image has the same group whichever half it is in, so that the core sees a leak.
class Gatherer {
 public:
  explicit Gatherer(std::string labels) : labels_(std::move(labels)) {}

  Items gather(std::vector<Domain>& domains, Half Domain::*side) {
    int64_t room = 0;
    for (const auto& domain : domains) room += std::ssize((domain.*side).places);
    ImageItems items(kPixels, labels_ == "shared_with_id" ? std::ssize(domains) : 0, room);
    for (size_t d = 0; d < domains.size(); ++d) {
      Half half = std::move(domains[d].*side);
      add(items, half, static_cast<int32_t>(d));
    }
    return items.take();
  }

 private:
  void add(ImageItems& items, const Half& half, int32_t domain) {
    const ImageSet& set = *half.set;
    const auto [found, is_new] = first_group_.emplace(set.file(), next_group_);
    if (is_new) next_group_ += set.count();
    for (const int64_t place : half.places) {
      const int32_t label = set.label(place) % kClasses + (labels_ == "disjoint" ? kClasses * domain : 0);
      const int64_t group = found->second + (half.groups ? half.groups->at(static_cast<size_t>(place)) : place);
      if (set.side() == kSide)
        items.add(set.image(place), label, domain, group);
      else
        items.add(sources::enlarged(set.image(place), set.side(), kOptdigitsFull, 20, kSide), label, domain, group);
    }
  }

  std::string labels_;
  std::map<std::filesystem::path, int64_t> first_group_;  // by file of images
  int64_t next_group_ = 0;
};

std::string summary_of(const Json& options) {
  const std::string labels = options.at("labels"), size = options.at("size"), test = options.at("test");
  const std::string regime = labels == "disjoint"         ? "40 classes, ten of each domain"
                             : labels == "shared_with_id" ? "one ten-way head, the domain given as four inputs"
                                                          : "one ten-way head, the domain not given";
  return "four kinds of 28 x 28 images; " + regime + "; " + size +
         (test == "own" ? "" : "; the test of mnist is " + test);
}

SuiteCard card() {
  const std::string readme = "README.md of Fashion-MNIST (Xiao et al. 2017)", full = ", official split (size: full)";
  SuiteCard result = {
      .metric = "accuracy",
      .licence =
          "MNIST CC BY-SA 3.0 as commonly given; Fashion-MNIST and Animal-MNIST MIT; fonts by their author's "
          "permission",
      .source =
          "MNIST (LeCun et al. 1998), Fashion-MNIST (Xiao et al. 2017), Animal-MNIST, letters of the Aenigma fonts",
      .domains = kDomains,
      .data = kDomains,
      .published = {{"mnist", .992, "two convolutions, the lower of two figures" + full, readme},
                    {"mnist", .994, "two convolutions, the higher of two figures" + full, readme},
                    {"fashion", .883, "MLP 256-128-100" + full, readme},
                    {"fashion", .925, "two convolutions, below 100,000 parameters" + full, readme},
                    {"fashion", .967, "WRN-40-4" + full, readme}}};
  for (auto& figure : result.published) figure.options = {{"size", "full"}, {"test", "own"}};
  return result;
}

Suite::Description describe(const Json& options) {
  const SuiteCard facts = card();
  Suite::Description description;
  description.name = "img4_" + options.at("labels").get<std::string>();
  description.metric = facts.metric, description.licence = facts.licence, description.source = facts.source;
  description.summary = summary_of(options);
  description.domains = kDomains;
  description.shares = {.8, .08, .08, .04};
  description.image = {1, kSide, kSide};
  return description;
}

Suite load(const Json& options) {
  std::vector<Domain> domains = {official("mnist"), official("fashion"), animals(), glyphs()};
  if (sources::is_tiny(options))
    for (size_t d = 0; d < 3; ++d) make_tiny(domains[d], kDomains[d]);
  const std::string test_kind = options.at("test");
  if (test_kind != "own") domains[0].test = other_digits(test_kind, domains[3]);
  Gatherer gatherer(options.at("labels"));
  Items train_side = gatherer.gather(domains, &Domain::train);
  Items test = gatherer.gather(domains, &Domain::test);
  return {describe(options), std::move(train_side), std::move(test)};
}

Field choice(const char* name, std::vector<std::string> choices, const char* doc) {
  return {.name = name, .type = FieldType::choice, .fallback = choices.front(), .choices = choices, .doc = doc};
}

}  // namespace
}  // namespace img4_detail

SuiteSource img4() {
  using namespace img4_detail;
  return {
      {.kind = "suite",
       .name = "img4",
       .summary = "MNIST, Fashion-MNIST, Animal-MNIST and letters of fonts under one of three regimes of labels",
       .inputs = {"vector"},
       .fields = {choice("labels", {"shared", "shared_with_id", "disjoint"},
                         "shared: one ten-way head; shared_with_id: the domain as 4 more inputs; disjoint: 40 classes"),
                  sources::size_field(),
                  choice("test", {"own", "optdigits", "glyph_digits"},
                         "what the test of domain mnist holds; other digits show how far its model carries")}},
      load,
      {},
      card()};
}

}  // namespace loom::suites
