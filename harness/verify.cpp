// SPDX-License-Identifier: Apache-2.0
#include "harness/verify.h"

#include <nlohmann/json.hpp>
#include <set>

#include "harness/error.h"
#include "harness/hash.h"
#include "harness/io.h"
#include "harness/json.h"
#include "harness/result_store.h"

namespace loom {
namespace verify_detail {
namespace {

namespace fs = std::filesystem;

// What shared results go without: tables read none of it.
bool may_be_absent(const std::string& file) { return file.ends_with(".safetensors") || file == "model.json"; }

class Verifier {
 public:
  explicit Verifier(fs::path folder) : folder_(std::move(folder)) {}

  Verification run() {
    const Json plan = read_plan(folder_);
    for (const Json& row : plan.at("rows")) {
      const std::string label = text(row, "suite") + " " + text(row, "column") + " " + text(row, "arm");
      size_t seed = 0;
      for (const Json& id : row.at("trials")) trial(id.get<std::string>(), label + " seed " + std::to_string(seed++));
    }
    for (const auto& [id, unused] : plan.at("trials").items()) trial(id, "selection of a width");
    const fs::path members = fs::absolute(folder_).lexically_normal().parent_path() / ".members";
    if (plan.contains("members"))
      for (const auto& [id, unused] : plan.at("members").items())
        if (safe_name(id) && fs::exists(members / id / "manifest.json")) artefact(members / id, "member " + id);
    std::error_code none;
    for (const auto& entry : fs::directory_iterator(folder_ / "latency", none))
      if (entry.is_directory() && safe_name(entry.path().filename().string()))
        artefact(entry.path(), "latency session");
    for (const auto& entry : fs::directory_iterator(folder_ / "layouts", none)) layout(entry.path());
    return std::move(result_);
  }

 private:
  static std::string text(const Json& row, const char* key) { return row.at(key).get<std::string>(); }

  void damaged(const std::string& row, const std::string& what) { result_.damage.push_back({row, what}); }

  void trial(const std::string& id, const std::string& row) {
    if (!seen_.insert(id).second) return;
    if (!safe_name(id)) return damaged(row, "its trial id is not a plain name");
    const fs::path folder = folder_ / "trials" / id;
    if (!fs::exists(folder)) {
      ++result_.open;
    } else if (artefact(folder, row)) {
      record(folder / "record.json", id, row);
    }
  }

  // Whether all files are as their manifest says; the first that is not is told.
  bool artefact(const fs::path& folder, const std::string& row) {
    ++result_.artefacts;
    try {
      const fs::path manifest = folder / "manifest.json";
      const Json files = parse_json(read_file(manifest), manifest.string()).at("files");
      for (const auto& [name, unused] : files.items()) {
        if (may_be_absent(name) && !fs::exists(folder / name)) {
          ++result_.absent;
          continue;
        }
        read_artefact(folder, name);
        ++result_.files;
      }
    } catch (const std::runtime_error& error) {
      damaged(row, error.what());
      return false;
    } catch (const Json::exception&) {
      damaged(row, (folder / "manifest.json").string() + ": not a manifest of format 1");
      return false;
    }
    return true;
  }

  // The digest covers all of a record but itself and what times, places and hosts explain.
  void record(const fs::path& file, const std::string& id, const std::string& row) {
    try {
      Json value = parse_json(read_file(file), file.string());
      const std::string stated = value.at("digest").get<std::string>();
      if (value.at("id") != id) damaged(row, file.string() + ": it is the record of another trial");
      value.erase("digest");
      value.erase("measured");
      if (sha256(canonical(value)) != stated) damaged(row, file.string() + ": its digest is not that of its content");
      ++result_.records;
    } catch (const std::runtime_error& error) {
      damaged(row, error.what());
    } catch (const Json::exception& error) {
      damaged(row, file.string() + ": not what loom wrote (" + error.what() + ")");
    }
  }

  void layout(const fs::path& file) {
    if (file.extension() != ".json") return;
    ++result_.files;
    if (sha256(read_file(file)).substr(0, file.stem().string().size()) != file.stem().string()) {
      damaged("layout of test cells", file.string() + ": its name is not the digest of its content");
    }
  }

  fs::path folder_;
  std::set<std::string> seen_;
  Verification result_;
};

}  // namespace
}  // namespace verify_detail

Verification verify_artefacts(const std::filesystem::path& folder) { return verify_detail::Verifier(folder).run(); }

}  // namespace loom
