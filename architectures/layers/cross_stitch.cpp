// SPDX-License-Identifier: Apache-2.0
#include "harness/engine/affine_bank.h"
#include "harness/error.h"

namespace loom::layers {
namespace cross_stitch_detail {

constexpr double kOwn = 0.9;  // of each path's mixture at the start; the others share the rest (Misra et al., 5.1)

// Misra et al. 2016, eq. 1: a network for each task, side by side, and after every layer the paths are mixed linearly,
// x_t = sum_s a_ts f_s(x_s). Every path runs for every row. Only what a_ts has moved by is a parameter.
class CrossStitch : public SlotLayer {
 public:
  CrossStitch(const Json& options, const std::string& prefix, const std::vector<Affine>& maps, Parameters& parameters)
      : tasks_(options.at("tasks")), last_(options.value("last", true)), bank_(prefix, maps, tasks_, parameters) {
    moved_ = parameters.add(prefix + "stitch", {tasks_, tasks_}, {});
  }

  at::Tensor forward(const Parameters& parameters, const at::Tensor& rows, Pass& pass) const override {
    check(pass.tags.defined(), "layer cross_stitch needs the domain of each row");
    const int64_t stack = rows.size(0), count = rows.size(1), in = rows.size(2);
    const auto given = pass.paths.defined() ? pass.paths : rows.unsqueeze(1).expand({stack, tasks_, count, in});
    pass.paths = at::Tensor();
    const auto said = bank_.each(parameters, given);  // [K, tasks, R, out]
    const int64_t out = said.size(3);
    const auto stitch = parameters[moved_] + start(rows);
    const auto mixed = at::bmm(stitch, said.view({stack, tasks_, count * out})).view({stack, tasks_, count, out});
    if (!last_) pass.paths = mixed;
    const auto own = pass.tags.view({stack, 1, count, 1}).expand({stack, 1, count, out});
    return mixed.gather(1, own).squeeze(1);
  }
  int64_t inactive_parameters() const override { return 0; }

 private:
  at::Tensor start(const at::Tensor& like) const {
    const double others = tasks_ > 1 ? (1 - kOwn) / static_cast<double>(tasks_ - 1) : 0;
    return at::full({tasks_, tasks_}, others, like.options()).fill_diagonal_(tasks_ > 1 ? kOwn : 1);
  }

  int64_t tasks_;
  bool last_;
  AffineBank bank_;
  size_t moved_ = 0;
};

}  // namespace cross_stitch_detail

LayerSource cross_stitch() {
  return {.facts = {.kind = "layer",
                    .name = "cross_stitch",
                    .summary = "a path for each domain, all mixed linearly after every layer",
                    .paper = "Misra et al. 2016"},
          .build = [](const Json& options, const std::string& prefix, const std::vector<Affine>& maps,
                      Parameters& parameters) -> std::unique_ptr<SlotLayer> {
            return std::make_unique<cross_stitch_detail::CrossStitch>(options, prefix, maps, parameters);
          }};
}

}  // namespace loom::layers
