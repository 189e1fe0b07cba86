// SPDX-License-Identifier: Apache-2.0
#include "architectures/_part_runs.h"

namespace loom::architectures {
namespace distilled_detail {

std::optional<std::string> reject(const Json& options, const TaskShape& shape) {
  const Json& partition = options.at("partition");
  if (const auto reason = reject_pooled(partition)) return reason;
  if (options.at("teacher") == "own_domain" && partition.at("name") != "domain")
    return "teacher own_domain asks the domain's specialist, which partition domain alone has";
  if (shape.adapters > 0 && options.at("teacher") == "all")
    return "specialists of inputs of their own cannot speak of another domain's items; take teacher: own_domain";
  return std::nullopt;
}

// Specialists, then a student that learns from them and from the data; what its teachers say in training is charged to
// it.
std::vector<TrainSpec> members(const RecipeContext& context) {
  const Json& options = context.options;
  const auto samples = static_cast<double>(context.samples);
  const double teaching = options.at("teacher_share").get<double>() * samples;
  std::vector<TrainSpec> specs =
      participant_runs(context, options.at("partition"), options.at("seed_share").get<double>() * teaching, teaching);
  TrainSpec student = context.pooled(context.network());
  for (int64_t run = 0; run < std::ssize(specs); ++run)
    if (specs[static_cast<size_t>(run)].stage != "seed") student.teachers.push_back(run);
  student.teacher_by_domain = options.at("teacher") == "own_domain";
  student.temperature = options.at("temperature");
  student.soft_share = options.at("soft_share");
  student.steps = context.steps(samples - teaching);
  student.begin = std::llround(teaching);
  student.stage = "student";
  specs.push_back(student);
  return specs;
}

}  // namespace distilled_detail

Architecture distilled() {
  return {
      .facts = {.kind = "architecture",
                .name = "distilled",
                .summary = "one network that learns from specialists' outputs beside the data; teachers are charged",
                .paper = "Hinton et al. 2015",
                .family = "monolith",
                .view = "full",
                .access = {"l"},
                .fields = {share_field("teacher_share", 0.5, "share of the samples spent on the specialists"),
                           share_field("seed_share", 0.25,
                                       "of that, the share spent on the seed that they branch from; 0: they begin cold",
                                       0),
                           {.name = "teacher",
                            .type = FieldType::choice,
                            .fallback = "own_domain",
                            .choices = {"own_domain", "all"},
                            .doc = "who says what is to be learned of an item: its domain's specialist, or the mean "
                                   "of all"},
                           {.name = "temperature",
                            .type = FieldType::real,
                            .fallback = 2,
                            .min = 0.1,
                            .max = 100,
                            .doc = "softens what teacher and student say"},
                           {.name = "soft_share",
                            .type = FieldType::real,
                            .fallback = 0.5,
                            .min = 0,
                            .max = 1,
                            .doc = "weight of the teacher in the loss; the rest is the data's"},
                           partition_field(),
                           backbone_field()}},
      .reject = distilled_detail::reject,
      .members = distilled_detail::members,
      .assemble = assemble_network};
}

}  // namespace loom::architectures
