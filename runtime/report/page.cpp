#include "runtime/report/page.hpp"

#include "runtime/report/embedded_page.hpp"
#include "runtime/support/error.hpp"

namespace satsim::report {
namespace {

// Puts `text` in the place of `mark`, which the page holds once.
void fill(std::string& page, std::string_view mark, const std::string& text) {
    const std::size_t at = page.find(mark);
    if (at == std::string::npos)
        throw std::logic_error("the report page has no place for " + std::string(mark));
    page.replace(at, mark.size(), text);
}

}  // namespace

void require_page(const std::string& option) {
    if (embedded_page().empty())
        throw InputError(option, "",
                         "needs D3, which was missing when satsim was built: install node-d3, then configure "
                         "and build again");
}

std::string html_escaped(std::string_view text) {
    std::string escaped;
    for (const char c : text) {
        switch (c) {
            case '&':
                escaped += "&amp;";
                break;
            case '<':
                escaped += "&lt;";
                break;
            case '>':
                escaped += "&gt;";
                break;
            case '"':
                escaped += "&quot;";
                break;
            case '\'':
                escaped += "&#39;";
                break;
            default:
                escaped += c;
        }
    }
    return escaped;
}

std::string script_safe_json(const nlohmann::ordered_json& document) {
    // ASCII only (U+2028 and invalid UTF-8 included); what HTML could read as markup occurs only in strings.
    const std::string text = document.dump(-1, ' ', true, nlohmann::ordered_json::error_handler_t::replace);
    std::string escaped;
    escaped.reserve(text.size());
    for (const char c : text) {
        if (c == '<')
            escaped += "\\u003c";
        else if (c == '>')
            escaped += "\\u003e";
        else if (c == '&')
            escaped += "\\u0026";
        else
            escaped += c;
    }
    return escaped;
}

std::string render_page(const nlohmann::ordered_json& document) {
    require_page("report");
    std::string page = embedded_page();
    // The data last: it could hold the title's mark, the title's escaped text cannot hold the data's.
    fill(page, "<!--satsim:title-->", html_escaped(document.at("title").get<std::string>()));
    fill(page, "{\"satsim\":\"data\"}", script_safe_json(document));
    return page;
}

}  // namespace satsim::report
