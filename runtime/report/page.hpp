// The self-contained HTML page of a report document: one file, no request to any network.
//
// The page's HTML, CSS, scripts and D3 lie in page/ and are put together at build time (embed_page.py). Here
// the document is put into it, escaped, and that is all.
#pragma once

#include <nlohmann/json.hpp>
#include <string>
#include <string_view>

namespace satsim::report {

// Throws InputError (naming `option`) when satsim was built without D3: it says which package brings it. To
// be called before work is begun whose result could not be shown.
void require_page(const std::string& option);

// `document` must have passed check_document.
[[nodiscard]] std::string render_page(const nlohmann::ordered_json& document);

// JSON that may stand inside a <script> element: no "<", ">", "&" or line separator stands for itself.
[[nodiscard]] std::string script_safe_json(const nlohmann::ordered_json& document);

// Text that may stand in an HTML element or a quoted attribute.
[[nodiscard]] std::string html_escaped(std::string_view text);

}  // namespace satsim::report
