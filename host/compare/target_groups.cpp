#include "host/compare/target_groups.hpp"

#include <algorithm>
#include <charconv>
#include <filesystem>
#include <set>
#include <string_view>

#include "host/compare/mix.hpp"
#include "runtime/support/error.hpp"

namespace satsim::host {
namespace {

constexpr int kMostCopies = 64;

// "sat@3" in its parts. A file's name may have an @ of its own: what has a dot or slash behind it is of the
// name, unless it is a number ("sat@1.5"), which is meant as one of machines and refused as that.
struct Name {
    std::string target;
    std::string copies;  // "3", "fit"; empty: no @
    bool several = false;
};

Name name_of(const std::string& text) {
    const std::size_t mark = text.rfind('@');
    if (mark == std::string::npos) return {text, "", false};
    const bool of_the_name = text.find_first_of("./", mark) != std::string::npos;
    if (of_the_name && text.find_first_not_of("0123456789.+-", mark + 1) != std::string::npos)
        return {text, "", false};
    return {text.substr(0, mark), text.substr(mark + 1), true};
}

TargetGroup read_group(const std::string& text, const ComparisonArguments& arguments) {
    const Name name = name_of(text);
    if (!name.several) return {text, read_target(name.target, arguments), 1, false};
    int copies = 0;
    const char* const last = name.copies.data() + name.copies.size();
    const auto [end, fault] = std::from_chars(name.copies.data(), last, copies);
    const bool number = fault == std::errc{} && end == last && copies >= 1 && copies <= kMostCopies;
    if (!number && name.copies != "fit")
        throw InputError("--target " + name.target + "@" + name.copies, "",
                         "has no number of machines behind the @, expected 1 to 64 or fit");
    return {text, read_target(name.target, arguments), number ? copies : 0, true};
}

void check_beside(const TargetGroups& targets, const ComparisonArguments& arguments) {
    if (targets.mix && targets.groups.empty())
        throw InputError("--target hetero", "", "mixes the other targets, expected at least one beside it");
    const std::string& policy = arguments.placement.policy;
    if (std::error_code code; !is_objective(policy) && !std::filesystem::exists(policy, code))
        throw InputError("--placement " + policy, "",
                         "is no policy and no file, expected time, energy, edp or a placement file");
    if (targets.mix || targets.has_pipeline()) return;
    constexpr const char* kExpected = "expected --target ...,hetero or NAME@K beside it";
    if (policy != "time")
        throw InputError("--placement", "", std::string("places tasks on several machines, ") + kExpected);
    if (!arguments.placement.write.empty())
        throw InputError("--save-placement", "",
                         std::string("keeps where several machines' tasks are placed, ") + kExpected);
}

// Different arguments may name one target: a device file says its device's name itself.
void require_different_names(const TargetGroups& targets) {
    std::set<std::string> names;
    for (const TargetGroup& group : targets.groups)
        if (const std::string name = name_of(group.chosen); !names.insert(name).second)
            throw InputError("--target " + name, "", "is the name of two targets, expected different ones");
}

}  // namespace

bool TargetGroups::has_pipeline() const {
    return std::ranges::any_of(groups, &TargetGroup::pipeline);
}

std::string target_file(const std::string& target) {
    const std::string name = name_of(target).target;
    const std::size_t colon = name.find(':');
    return colon == std::string::npos ? "" : name.substr(colon + 1);
}

TargetGroups read_targets(const ComparisonArguments& arguments) {
    TargetGroups targets;
    std::set<std::string> seen;
    for (const std::string& text : arguments.targets) {
        const Name name = name_of(text);
        if (!seen.insert(name.target).second) throw InputError("--target " + text, "", "is named twice");
        if (text == kMix) {
            targets.mix = true;
            targets.mix_at = targets.groups.size();
        } else {
            targets.groups.push_back(read_group(text, arguments));
        }
    }
    require_different_names(targets);
    if (!arguments.gpu.record.empty() && seen.contains("gpu") == seen.contains("cpu"))
        throw InputError("--record", "", "keeps what is measured, expected --target gpu or cpu beside it");
    check_beside(targets, arguments);
    return targets;
}

}  // namespace satsim::host
