// satsim synth: what the RTL takes of an FPGA, by Yosys, block by block.
#include <fmt/format.h>

#include <unistd.h>

#include <charconv>
#include <memory>

#include "host/commands.hpp"
#include "host/file_types.hpp"
#include "host/inputs.hpp"
#include "host/options.hpp"
#include "host/progress.hpp"
#include "host/range.hpp"
#include "host/synth/synth_report.hpp"
#include "runtime/support/atomic_file.hpp"
#include "runtime/support/error.hpp"
#include "runtime/synth/process.hpp"

namespace satsim::host {
namespace {

namespace fs = std::filesystem;

struct Arguments {
    Options options;
    std::string device = "xcvu9p";
    std::string rtl;
    std::string cache;
    std::string array;
    int max_m = 0;  // 0: the hardware file's
    std::string only;
    std::string document;
    int jobs = 2;
    bool sweep = false;
};

// What --sweep tries beside the configuration asked for.
struct SweepPoint {
    int rows;
    int columns;
    int max_m;
};
constexpr SweepPoint kSweep[] = {{16, 16, 8}, {16, 16, 16}, {32, 32, 8}, {32, 32, 16},
                                 {32, 40, 8}, {32, 40, 16}, {32, 64, 8}, {32, 64, 16}};

// "16x32" into rows and columns.
void set_array(const std::string& text, isa::ArrayConfig& array) {
    const char* const end = text.data() + text.size();
    int rows = 0;
    int columns = 0;
    const auto [cross, fault] = std::from_chars(text.data(), end, rows);
    const bool split = fault == std::errc() && cross != end && *cross == 'x';
    const auto [last, fault2] =
        split ? std::from_chars(cross + 1, end, columns) : std::from_chars(end, end, columns);
    if (!split || fault2 != std::errc() || last != end || rows < 2 || columns < 4 || rows > 256 ||
        columns > 256)
        throw InputError("--array " + text, "", "expected ROWSxCOLUMNS, 2x4 to 256x256");
    array.rows = rows;
    array.columns = columns;
}

// The last change of the sources, as git knows it.
std::string source_state(const fs::path& rtl) {
    const auto git = synth::find_program("git");
    if (!git) return "state unknown, git is missing";
    const fs::path log = fs::temp_directory_path() / fmt::format("satsim-git-{}.log", ::getpid());
    const auto ask = [&](std::vector<std::string> question) {
        question.insert(question.begin(), {git->string(), "-C", rtl.string()});
        return synth::output_of(question, log);
    };
    const auto commit = ask({"log", "-1", "--format=%h", "--", ":/rtl", ":/isa"});
    const auto changes = ask({"status", "--porcelain", "--", ":/rtl", ":/isa"});
    std::error_code code;
    fs::remove(log, code);
    if (!commit || commit->empty() || !changes) return "state unknown, no git repository";
    return fmt::format("commit {}{}", *commit, changes->empty() ? "" : " with changes");
}

class Session {
  public:
    explicit Session(const Arguments& arguments)
        : arguments_(arguments), hardware_(arguments.options.hardware()) {
        rtl_ = find_rtl(arguments.rtl);
        settings_.sources = synth::find_sources(rtl_, program_folder() / "generated");
        settings_.device = find_device(arguments.device, arguments.options.models_folder);
        settings_.cache = arguments.cache;
        settings_.jobs = arguments.jobs;
        settings_.only = arguments.only;
    }

    SynthReport run() {
        isa::ArrayConfig array = hardware_.array;
        if (!arguments_.array.empty()) set_array(arguments_.array, array);
        if (arguments_.max_m != 0) array.max_m = arguments_.max_m;
        SynthReport report{
            settings_.device, configuration(array), {}, arguments_.only.empty(), command(), ""};
        report.sources = source_state(rtl_);
        for (const SweepPoint& point : kSweep) {
            if (!arguments_.sweep) break;
            isa::ArrayConfig other = array;
            other.rows = point.rows;
            other.columns = point.columns;
            other.max_m = point.max_m;
            try {
                report.sweep.push_back(configuration(other));
            } catch (const InputError& error) {
                SynthesizedConfiguration refused{other, hardware_.clock_hz, error.what(), {}, {}};
                report.sweep.push_back(std::move(refused));
            }
        }
        return report;
    }

  private:
    SynthesizedConfiguration configuration(const isa::ArrayConfig& array) {
        SynthesizedConfiguration result{array, hardware_.clock_hz, "", {}, {}};
        settings_.plan = synth::load_plan(rtl_ / "synth" / "blocks.json", array);
        ProgressBar bar("synthesizing " + result.name());
        result.synthesis = synth::synthesize(
            settings_, [&bar](std::size_t done, std::size_t total) { bar.update(done, total); });
        if (arguments_.only.empty())
            result.regions = synth::split(result.synthesis.groups, result.synthesis.rows,
                                          settings_.plan.row_ends, settings_.device);
        return result;
    }

    // The command line that prints the same.
    [[nodiscard]] std::string command() const {
        std::string text = "satsim synth --hardware " + arguments_.options.hardware_name;
        if (!arguments_.array.empty()) text += " --array " + arguments_.array;
        if (arguments_.max_m != 0) text += " --m " + std::to_string(arguments_.max_m);
        if (arguments_.sweep) text += " --sweep";
        return arguments_.document.empty() ? text : text + " --doc " + arguments_.document;
    }

    const Arguments& arguments_;
    Hardware hardware_;
    fs::path rtl_;
    synth::SynthesisSettings settings_;
};

int run(const Arguments& arguments) {
    const SynthReport report = Session(arguments).run();
    if (!arguments.document.empty()) write_file_atomically(arguments.document, synth_document(report));
    const Options& options = arguments.options;
    deliver(options, options.json  ? synth_json(report).dump(1) + "\n"
                     : options.csv ? block_table(report).csv()
                                   : synth_text(report));
    return 0;
}

}  // namespace

void add_synth(CLI::App& program, Action& action) {
    auto arguments = std::make_shared<Arguments>();
    CLI::App* command = program.add_subcommand("synth", "resources and longest paths on an FPGA, by Yosys");
    command->footer(
        "Example: satsim synth\n"
        "Example: satsim synth --array 16x16 --m 16 --json\n"
        "Example: satsim synth --sweep --doc docs/synthesis.md");
    arguments->options.add_models(*command);
    command->add_option("--hardware", arguments->options.hardware_name, "hardware file, or the name of one")
        ->type_name(file_type::kHardware)
        ->capture_default_str();
    command->add_option("--device", arguments->device, "device file, or the name of one in models/devices")
        ->type_name(file_type::kDevice)
        ->capture_default_str();
    command->add_option("--array", arguments->array, "ROWSxCOLUMNS, instead of the hardware file's");
    command->add_option("--m", arguments->max_m, "largest group size M, instead of the hardware file's")
        ->check(CLI::IsMember({4, 8, 16}));
    CLI::Option* only =
        command->add_option("--only", arguments->only, "the blocks of one module, without the others");
    command->add_flag("--sweep", arguments->sweep, "also 16x16, 32x32, 32x40 and 32x64, M=8 and 16")
        ->excludes(only);
    command->add_option("--doc", arguments->document, "also write the page docs/synthesis.md to this file")
        ->type_name(file_type::kOutput)
        ->excludes(only);
    command->add_option("--rtl", arguments->rtl, "folder of the RTL (default: beside the program)");
    command->add_option("--cache", arguments->cache,
                        "folder for what Yosys made (default: the user's cache)");
    command->add_option("--jobs", arguments->jobs, "runs of Yosys at a time")
        ->check(range(1, 64))
        ->capture_default_str();
    arguments->options.add_format(*command, "formats/device.md");
    command->callback([arguments, &action] { action = [arguments] { return run(*arguments); }; });
}

}  // namespace satsim::host
