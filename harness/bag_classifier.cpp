// SPDX-License-Identifier: Apache-2.0
#include "harness/bag_classifier.h"

#include <algorithm>
#include <cmath>
#include <deque>

#include "harness/error.h"

namespace loom {
namespace bag_classifier_detail {
namespace {

using Vector = std::vector<double>;

constexpr size_t kMemory = 10;    // pairs kept, as Liu and Nocedal recommend few
constexpr double kArmijo = 1e-4;  // share of the promised decrease that a step must give
constexpr int kHalvingsMax = 40;
constexpr double kTolerance = 1e-3;  // of a gradient summed over items
constexpr int kStepsMax = 300;

double dot(const Vector& a, const Vector& b) {
  double sum = 0;
  for (size_t i = 0; i < a.size(); ++i) sum += a[i] * b[i];
  return sum;
}

void add(Vector& to, double share, const Vector& what) {
  for (size_t i = 0; i < to.size(); ++i) to[i] += share * what[i];
}

struct Pair {
  Vector step, change;  // of the point and of the gradient
  double curvature = 0;
};

// The two-loop recursion: minus the inverse Hessian, as far as the pairs know it, times the gradient.
Vector direction(const std::deque<Pair>& pairs, const Vector& gradient) {
  Vector out = gradient;
  std::vector<double> shares(pairs.size());
  for (size_t i = pairs.size(); i-- > 0;) {
    shares[i] = dot(pairs[i].step, out) / pairs[i].curvature;
    add(out, -shares[i], pairs[i].change);
  }
  const double scale = pairs.empty() ? 1 / std::sqrt(dot(gradient, gradient))
                                     : pairs.back().curvature / dot(pairs.back().change, pairs.back().change);
  for (double& value : out) value *= scale;
  for (size_t i = 0; i < pairs.size(); ++i)
    add(out, shares[i] - dot(pairs[i].change, out) / pairs[i].curvature, pairs[i].step);
  for (double& value : out) value = -value;
  return out;
}

// The features of a bag, without the -1 after them.
std::span<const int32_t> features(std::span<const int32_t> bag) {
  return bag.first(static_cast<size_t>(std::ranges::find(bag, -1) - bag.begin()));
}

struct Bags {
  std::span<const int32_t> ids;
  size_t width = 0;
  std::span<const int32_t> labels;
  size_t vocabulary = 0, classes = 0;

  std::span<const int32_t> bag(size_t item) const { return features(ids.subspan(item * width, width)); }
};

void scores_of(const Vector& weights, std::span<const int32_t> bag, size_t classes, Vector& scores) {
  const double unit = 1 / std::sqrt(static_cast<double>(std::max<size_t>(bag.size(), 1)));
  std::copy(weights.end() - static_cast<int64_t>(classes), weights.end(), scores.begin());
  for (const int32_t id : bag)
    for (size_t c = 0; c < classes; ++c) scores[c] += unit * weights[static_cast<size_t>(id) * classes + c];
}

// Turns scores into probabilities and returns the log of their sum of exponentials.
double soften(Vector& scores) {
  const double top = std::ranges::max(scores);
  double sum = 0;
  for (double& value : scores) sum += value = std::exp(value - top);
  for (double& value : scores) value /= sum;
  return top + std::log(sum);
}

double objective(const Bags& bags, const Vector& weights, Vector& gradient) {
  const size_t classes = bags.classes, penalised = bags.vocabulary * classes;
  double loss = 0;
  std::ranges::fill(gradient, 0);
  Vector scores(classes);
  for (size_t item = 0; item < bags.labels.size(); ++item) {
    const auto bag = bags.bag(item);
    scores_of(weights, bag, classes, scores);
    const auto label = static_cast<size_t>(bags.labels[item]);
    const double own = scores[label];
    loss += soften(scores) - own;
    scores[label] -= 1;
    const double unit = 1 / std::sqrt(static_cast<double>(std::max<size_t>(bag.size(), 1)));
    for (size_t c = 0; c < classes; ++c) gradient[penalised + c] += scores[c];
    for (const int32_t id : bag)
      for (size_t c = 0; c < classes; ++c) gradient[static_cast<size_t>(id) * classes + c] += unit * scores[c];
  }
  for (size_t i = 0; i < penalised; ++i) {
    loss += weights[i] * weights[i] / 2;
    gradient[i] += weights[i];
  }
  return loss;
}

}  // namespace
}  // namespace bag_classifier_detail

std::vector<double> minimise(const Smooth& value, std::vector<double> x, double tolerance, int steps_max) {
  using namespace bag_classifier_detail;
  Vector gradient(x.size()), next_gradient(x.size());
  double now = value(x, gradient);
  std::deque<Pair> pairs;
  const auto largest = [](const Vector& all) {
    double out = 0;
    for (const double one : all) out = std::max(out, std::abs(one));
    return out;
  };
  for (int step = 0; step < steps_max && largest(gradient) >= tolerance; ++step) {
    const Vector ahead = direction(pairs, gradient);
    const double slope = dot(ahead, gradient);
    double length = 1, then = now;
    Vector next;
    for (int halvings = 0;; ++halvings, length /= 2) {
      if (halvings == kHalvingsMax) return x;  // no lower point within rounding
      next = x;
      add(next, length, ahead);
      then = value(next, next_gradient);
      if (then <= now + kArmijo * length * slope) break;
    }
    Pair pair{.step = next, .change = next_gradient};
    add(pair.step, -1, x);
    add(pair.change, -1, gradient);
    pair.curvature = dot(pair.step, pair.change);
    if (pair.curvature > 0) pairs.push_back(std::move(pair));
    if (pairs.size() > kMemory) pairs.pop_front();
    x = std::move(next);
    std::swap(gradient, next_gradient);
    now = then;
  }
  return x;
}

BagClassifier::BagClassifier(std::span<const int32_t> ids, int64_t width, std::span<const int32_t> labels,
                             int64_t vocabulary, int64_t classes)
    : classes_(classes) {
  using namespace bag_classifier_detail;
  check(ids.size() == labels.size() * static_cast<size_t>(width) && classes > 0, "bags with labels");
  const Bags bags = {ids, static_cast<size_t>(width), labels, static_cast<size_t>(vocabulary),
                     static_cast<size_t>(classes)};
  weights_ = minimise([&](const Vector& x, Vector& gradient) { return objective(bags, x, gradient); },
                      Vector((bags.vocabulary + 1) * bags.classes, 0.0), kTolerance, kStepsMax);
}

int32_t BagClassifier::label(std::span<const int32_t> bag) const {
  using namespace bag_classifier_detail;
  Vector scores(static_cast<size_t>(classes_));
  scores_of(weights_, features(bag), scores.size(), scores);
  return static_cast<int32_t>(std::ranges::max_element(scores) - scores.begin());
}

}  // namespace loom
