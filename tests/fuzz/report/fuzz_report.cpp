#include "tests/fuzz/report/fuzz_report.hpp"

#include <string>

#include "runtime/report/document.hpp"
#include "runtime/report/page.hpp"
#include "runtime/support/error.hpp"
#include "runtime/support/json_cursor.hpp"
#include "tests/fuzz/require.hpp"

namespace satsim {
namespace {

using fuzz::require;

}  // namespace

bool fuzz_report(const std::uint8_t* data, std::size_t size) {
    const std::string_view text(reinterpret_cast<const char*>(data), size);
    nlohmann::json document;
    try {
        document = parse_json_text(text, "document");
        report::check_document(document, "document");
    } catch (const InputError& error) {
        require(std::string(error.what()).find('\n') == std::string::npos, "an error of one line");
        return false;
    }
    const std::string safe = report::script_safe_json(nlohmann::ordered_json(document));
    require(safe.find_first_of("<>&") == std::string::npos, "no markup in the data");
    require(nlohmann::json::parse(safe) == document, "data that reads back as it was");
    const std::string title = report::html_escaped(document.at("title").get<std::string>());
    require(title.find_first_of("<>\"'") == std::string::npos, "no markup in the title");
    return true;
}

}  // namespace satsim
