// SPDX-License-Identifier: Apache-2.0
#include "harness/report/report.h"

#include <nlohmann/json.hpp>

#include "harness/hash.h"
#include "harness/report/assets.h"
#include "harness/report/section.h"

namespace loom {
namespace report {
namespace {

constexpr Section (*kSections[])(const Study&) = {verdict,     leaderboard, slopes,   pareto,        domains,  curves,
                                                  specialists, latency,     ledger,   decomposition, map,      streams,
                                                  nulls,       appendix,    failures, configs,       downloads};

Json chart_data(const std::vector<Section>& sections) {
  Json out = Json::object();
  for (const Section& section : sections)
    for (const Chart& chart : section.charts) out[chart.id] = {{"kind", chart.kind}, {"data", chart.data}};
  return out;
}

// Files of this program: they hold no end tag of their element, as a test makes sure.
std::string script(std::string_view program, const std::string& nonce) {
  std::string out = "<script nonce=\"" + nonce + "\">";
  out += program.substr(0, program.rfind("//# sourceMappingURL="));  // a debugger would ask for that file
  return out + "</script>\n";
}

std::string policy(const std::string& nonce) {
  return "default-src 'none'; script-src 'nonce-" + nonce +
         "'; style-src 'unsafe-inline'; img-src data: blob:; base-uri 'none'; form-action 'none'";
}

Markup contents(const std::vector<Section>& sections) {
  Markup out;
  for (const Section& section : sections) out += html("<li><a href=\"#{}\">{}</a></li>", section.id, section.title);
  return html("<nav aria-label=\"Sections\"><ol>{}</ol></nav>\n", out);
}

Markup article(const Section& section) {
  return html("<section id=\"{}\" aria-labelledby=\"{}-title\"><h2 id=\"{}-title\">{}</h2>\n{}</section>\n", section.id,
              section.id, section.id, section.title, section.body);
}

std::string head(const std::string& name, const std::string& nonce, int again_s) {
  std::string out = "<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">\n";
  out += html("<meta http-equiv=\"Content-Security-Policy\" content=\"{}\">\n", policy(nonce)).text();
  out += html("<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n").text();
  out += html("<meta name=\"color-scheme\" content=\"light dark\"><title>{} · loom report</title>\n", name).text();
  if (again_s > 0) out += html("<meta http-equiv=\"refresh\" content=\"{}\">\n", again_s).text();
  out += "<style>";
  out += assets::style();
  return out + "</style></head>\n";
}

}  // namespace
}  // namespace report

std::string report_page(const ResultStore& store, const std::string& name, int again_s) {
  using namespace report;
  const Study all = study(store, name);
  std::vector<Section> sections;
  for (const auto make : kSections)
    if (Section section = make(all); !section.body.empty()) sections.push_back(std::move(section));
  Markup body = html("<a class=\"skip\" href=\"#verdict\">Skip to the verdict</a>\n");
  body += page_header(all);
  body +=
      html("<noscript><p class=\"notice\">Charts need JavaScript; every number stands in a table.</p></noscript>\n");
  body += contents(sections);
  body += html("<main>\n");
  for (const Section& section : sections) body += article(section);
  body += html("</main>\n");
  const std::string data = script_json(chart_data(sections));
  // A name that were to break out of its place could not know it: the policy would still keep it from running.
  const std::string nonce = sha256(body.text() + data).substr(0, 32);
  std::string out = head(name, nonce, again_s) + "<body>\n" + body.text();
  out += "<script type=\"application/json\" id=\"charts\">" + data + "</script>\n";
  for (const auto program :
       {assets::vega(), assets::vega_lite(), assets::vega_embed(), assets::charts(), assets::page()})
    out += script(program, nonce);
  return out + "</body></html>\n";
}

}  // namespace loom
