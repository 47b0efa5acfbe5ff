// Memory of placed steps: what each machine keeps against a list that is made by hand from the kinds of the
// layers, and a whole step on one machine against the plan of that machine alone.
#include "runtime/placement/memory.hpp"

#include <gtest/gtest.h>

#include <filesystem>
#include <map>
#include <nlohmann/json.hpp>
#include <random>
#include <set>

#include "runtime/recipe/recipe.hpp"
#include "runtime/workload/training_step.hpp"

namespace satsim::placement {
namespace {

using nlohmann::json;

int draw(std::mt19937& random, int from, int to) {
    return std::uniform_int_distribution<int>(from, to)(random);
}

// One or two attentions with their projections, a norm and a gated sum around them, and a head.
Network random_network(std::mt19937& random) {
    const int heads = draw(random, 1, 3);
    const int channels = heads * 4 * draw(random, 1, 3);
    const int positions = draw(random, 3, 40);
    json layers = json::array();
    std::string before;
    for (int block = 0, blocks = draw(random, 1, 2); block < blocks; ++block) {
        const std::string name = "b" + std::to_string(block) + ".";
        const auto slice = [&](const char* which, int start) {
            return json{{"kind", "slice"},      {"from", name + "qkv"}, {"axis", "channels"},
                        {"name", name + which}, {"start", start},       {"size", channels}};
        };
        layers.push_back({{"kind", "linear"}, {"out", channels}, {"name", name + "in"}});
        layers.push_back({{"kind", "layernorm"}, {"name", name + "norm"}});
        layers.push_back({{"kind", "linear"}, {"out", 3 * channels}, {"name", name + "qkv"}});
        layers.push_back(slice("q", 0));
        layers.push_back(slice("k", channels));
        layers.push_back(slice("v", 2 * channels));
        layers.push_back({{"kind", "attend"},
                          {"from", name + "q"},
                          {"with", {name + "k", name + "v"}},
                          {"heads", heads},
                          {"kv_heads", heads},
                          {"name", name + "attend"}});
        layers.push_back({{"kind", "linear"}, {"out", channels}, {"name", name + "out"}});
        layers.push_back({{"kind", "add"}, {"with", name + "in"}, {"name", name + "add"}});
    }
    layers.push_back({{"kind", "gelu"}, {"name", "gelu"}});
    layers.push_back({{"kind", "linear"}, {"out", draw(random, 2, 30)}, {"name", "head"}});
    layers.push_back({{"kind", "loss"}, {"name", "loss"}});
    return parse_network({{"name", "n"},
                          {"source", "s"},
                          {"batch", 4},
                          {"input", {{"channels", draw(random, 1, 20)}, {"height", 1}, {"width", positions}}},
                          {"layers", layers}},
                         "n");
}

struct Placed {
    Network network;
    Recipe recipe;
    TrainingStep step;
    Graph graph;
};

Placed placed(Network network, const Recipe& recipe) {
    Placed made{std::move(network), recipe, {}, {}};
    made.step = make_training_step(made.network, made.recipe);
    made.graph = make_graph(made.network, made.recipe, made.step);
    return made;
}

std::vector<Machine> machines(int count) {
    std::vector<Machine> all;
    for (int m = 0; m < count; ++m) {
        Machine machine;
        machine.name = std::to_string(m);
        machine.link_bandwidth = 1e10;
        machine.capacity = 1;
        all.push_back(machine);
    }
    return all;
}

// Who keeps what, by the rules of each kind of layer.
class ByHand {
  public:
    ByHand(const Placed& placed, const Assignment& assignment) : placed_(placed), assignment_(assignment) {
        const std::vector<LayerPlan> plan = plan_training(placed.network, placed.recipe);
        samples_ = placed.step.batch / placed.recipe.micro_batches;
        for (std::size_t l = 0; l < plan.size(); ++l) {
            const Layer& layer = placed.network.layers[l];
            if (layer.kind == LayerKind::Slice || !plan[l].gradient) continue;
            tensor(layer.name, 2 * samples_ * layer.out.elements(), on(l, Pass::Forward, last_part(layer)));
            if (layer.kind == LayerKind::Attend)
                tensor("P " + layer.name, 2 * samples_ * layer.heads * layer.in.width * layer.in.width,
                       on(l, Pass::Forward, "softmax"));
        }
        tensor("input", 2 * samples_ * placed.network.inputs[0].shape.elements(), {});
        for (std::size_t l = 0; l < plan.size(); ++l) read(l);
    }

    struct Kept {
        Bytes made = 0;
        Bytes received = 0;
    };
    [[nodiscard]] Kept on_machine(int machine) const {
        Kept kept;
        for (const auto& [name, each] : tensors_) {
            const std::set<int>& holders = each.readers.empty() ? each.makers : each.readers;
            if (!holders.contains(machine)) continue;
            (each.makers.empty() || each.makers.contains(machine) ? kept.made : kept.received) += each.bytes;
        }
        return kept;
    }
    // All activations of each layer of which the machine has a part.
    [[nodiscard]] Bytes by_layers(int machine) const {
        std::set<std::string> names{"input"};
        for (std::size_t n = 0; n < assignment_.size(); ++n) {
            const Node& node = placed_.graph.nodes[n];
            if (assignment_[n] != machine || node.pass == Pass::Update) continue;
            const std::string& name = placed_.network.layers[static_cast<std::size_t>(node.layer)].name;
            names.insert({name, "P " + name});
        }
        Bytes sum = 0;
        for (const std::string& name : names)
            if (tensors_.contains(name)) sum += tensors_.at(name).bytes;
        return sum;
    }

  private:
    struct Held {
        Bytes bytes = 0;
        std::set<int> makers;
        std::set<int> readers;
    };

    static std::string last_part(const Layer& layer) {
        return layer.kind == LayerKind::Attend ? "context" : "";
    }

    void tensor(const std::string& name, Bytes bytes, std::set<int> makers) {
        tensors_[name] = {bytes, std::move(makers), {}};
    }

    [[nodiscard]] std::set<int> on(std::size_t layer, Pass pass, const std::string& part = "",
                                   std::optional<Stage> stage = {}) const {
        std::set<int> found;
        for (std::size_t n = 0; n < assignment_.size(); ++n) {
            const Node& node = placed_.graph.nodes[n];
            if (node.layer == static_cast<int>(layer) && node.pass == pass && node.part == part &&
                (!stage || node.stage == *stage))
                found.insert(assignment_[n]);
        }
        return found;
    }

    // Input `k` of the layer is read on these machines.
    void reads(std::size_t layer, std::size_t k, const std::set<int>& readers) {
        int from = placed_.network.layers[layer].inputs[k];
        while (from >= 0 && placed_.network.layers[static_cast<std::size_t>(from)].kind == LayerKind::Slice)
            from = placed_.network.layers[static_cast<std::size_t>(from)].inputs[0];
        Held& held =
            tensors_.at(from < 0 ? "input" : placed_.network.layers[static_cast<std::size_t>(from)].name);
        held.readers.insert(readers.begin(), readers.end());
    }

    void read(std::size_t l) {
        const Layer& layer = placed_.network.layers[l];
        switch (layer.kind) {
            case LayerKind::Linear:
                reads(l, 0, on(l, Pass::Backward, "", Stage::WU));
                break;
            case LayerKind::LayerNorm:
            case LayerKind::Gelu:
                reads(l, 0, on(l, Pass::Backward));
                break;
            case LayerKind::Attend: {
                const std::set<int> products = on(l, Pass::Backward, "dQ dK dV");
                reads(l, 0, products);
                reads(l, 1, products);
                reads(l, 2, on(l, Pass::Backward, "dP"));
                Held& held = tensors_.at("P " + layer.name);
                held.readers = on(l, Pass::Backward, "softmax");
                held.readers.insert(products.begin(), products.end());
                break;
            }
            default:
                break;
        }
    }

    const Placed& placed_;
    const Assignment& assignment_;
    std::int64_t samples_ = 0;
    std::map<std::string, Held> tensors_;
};

// Attention on any machine, the rest on one or anywhere.
Assignment random_assignment(const Placed& made, int machines, bool attention_alone, std::mt19937& random) {
    Assignment assignment;
    for (const Node& node : made.graph.nodes) {
        const LayerKind kind = made.network.layers[static_cast<std::size_t>(node.layer)].kind;
        const bool anywhere = !attention_alone || kind == LayerKind::Attend;
        assignment.push_back(anywhere ? draw(random, 0, machines - 1) : 0);
    }
    return assignment;
}

TEST(Memory, ActivationsAreWhereTheBackwardPassReadsThem) {
    int less = 0;
    for (unsigned seed = 0; seed < 200; ++seed) {
        std::mt19937 random(seed);
        Recipe recipe = load_recipe("dense", {});
        recipe.micro_batches = seed % 3 == 0 ? 2 : 1;
        const Placed made = placed(random_network(random), recipe);
        const int count = draw(random, 2, 3);
        const MemoryPlan plan(made.network, made.recipe, made.step, made.graph, machines(count));
        const Assignment assignment = random_assignment(made, count, seed % 2 == 0, random);
        const std::set<int> used(assignment.begin(), assignment.end());
        const auto under_way = std::min<Bytes>(recipe.micro_batches, static_cast<Bytes>(used.size()));
        const ByHand hand(made, assignment);
        const std::vector<Footprint> found = plan.footprints(assignment);
        const Bytes whole = footprint_of(made.network, made.recipe, made.step).activations;
        Bytes sum = 0;
        for (int m = 0; m < count; ++m) {
            const Footprint& here = found[static_cast<std::size_t>(m)];
            EXPECT_EQ(here.activations, under_way * hand.on_machine(m).made) << seed << " machine " << m;
            EXPECT_EQ(here.received, under_way * hand.on_machine(m).received) << seed << " machine " << m;
            // What each machine was charged when a layer's activations were all wherever a part of it is.
            EXPECT_LE(here.activations, under_way * hand.by_layers(m)) << seed << " machine " << m;
            less += here.activations + here.received < under_way * hand.by_layers(m) ? 1 : 0;
            sum += here.activations + here.received;
        }
        EXPECT_GE(sum, under_way * whole) << seed;  // nothing is forgotten
    }
    EXPECT_GT(less, 100);
}

TEST(Memory, ProbabilitiesAreWhereTheirGradientIs) {
    std::mt19937 random(1);
    const Placed made = placed(random_network(random), load_recipe("dense", {}));
    const MemoryPlan plan(made.network, made.recipe, made.step, made.graph, machines(2));
    // The second machine has the scores alone: it keeps nothing, for K and Q are read by the first.
    Assignment assignment(made.graph.nodes.size(), 0);
    for (std::size_t n = 0; n < assignment.size(); ++n)
        if (made.graph.nodes[n].part == "scores") assignment[n] = 1;
    const Footprint whole = footprint_of(made.network, made.recipe, made.step);
    EXPECT_EQ(plan.footprints(assignment)[0].activations, whole.activations);
    EXPECT_EQ(plan.footprints(assignment)[1].total(), 0);
    // With the softmax of the backward pass it receives the probabilities, which the first reads for dV too.
    Bytes probabilities = 0;
    for (std::size_t n = 0; n < assignment.size(); ++n) {
        const Layer& layer = made.network.layers[static_cast<std::size_t>(made.graph.nodes[n].layer)];
        if (made.graph.nodes[n].part != "softmax" || made.graph.nodes[n].pass != Pass::Backward) continue;
        assignment[n] = 1;
        probabilities += 2 * 4 * layer.heads * layer.in.width * layer.in.width;
    }
    EXPECT_EQ(plan.footprints(assignment)[0].activations, whole.activations);
    EXPECT_EQ(plan.footprints(assignment)[1].received, probabilities);
    EXPECT_EQ(plan.footprints(assignment)[1].activations, 0);
}

void expect_same(const Footprint& a, const Footprint& b, const std::string& what) {
    EXPECT_EQ(a.activations, b.activations) << what;
    EXPECT_EQ(a.received, b.received) << what;
    EXPECT_EQ(a.gradients, b.gradients) << what;
    EXPECT_EQ(a.total(), b.total()) << what;
}

TEST(Memory, AStepOnOneMachineTakesWhatItTakesThereAlone) {
    const std::filesystem::path models = std::filesystem::path(SATSIM_SOURCE_DIR) / "models";
    const auto check = [&](const char* name, const char* set, const char* recipe) {
        NetworkOptions options;
        options.set = set;
        const Placed made = placed(load_network(models / "networks" / (std::string(name) + ".json"), options),
                                   load_recipe(recipe, models));
        const MemoryPlan plan(made.network, made.recipe, made.step, made.graph, machines(2));
        const std::vector<Footprint> found = plan.footprints(Assignment(made.graph.nodes.size(), 1));
        expect_same(found[1], footprint_of(made.network, made.recipe, made.step),
                    std::string(name) + " " + recipe);
        EXPECT_EQ(found[0].total(), 0);
    };
    check("resnet9", "", "bdwp-2:8");
    check("resnet50", "", "sdgp-2:8");
    check("vit-cifar", "", "dense");
    check("decoder", "", "recompute+bdwp-2:8");
    check("decoder", "", "recompute-attention");
    check("decoder", "", "recompute+sdgp-2:8");
    check("bagel", "", "dense");
    check("mio", "", "bdwp-2:8");
    for (const char* recipe : {"wohg-1+bdwp-2:8", "wohg-3+recompute+bdwp-2:8", "full+recompute"})
        check("armor-8b", "armor-tiny", recipe);
}

// Under SDGP a layer whose gradient is pruned has one copy, for FF and BP; others have one for each.
TEST(Memory, BackwardPassesThatReadTheForwardCopyAreChargedForIt) {
    const std::filesystem::path models = std::filesystem::path(SATSIM_SOURCE_DIR) / "models";
    for (const char* name : {"resnet9", "resnet50"}) {
        const Placed made = placed(load_network(models / "networks" / (std::string(name) + ".json")),
                                   load_recipe("sdgp-2:8", models));
        const MemoryPlan plan(made.network, made.recipe, made.step, made.graph, machines(2));
        std::set<int> multiplied_back;
        Bytes shared = 0;
        Assignment apart;
        Assignment together;
        for (const Node& node : made.graph.nodes) {
            const bool backward = node.pass == Pass::Backward && node.stage == Stage::BP;
            apart.push_back(backward ? 1 : 0);
            together.push_back(backward || node.pass == Pass::Forward ? 1 : 0);
            for (const std::size_t t : node.tasks)
                if (backward && std::holds_alternative<GemmTask>(made.step.tasks[t]))
                    multiplied_back.insert(node.layer);
        }
        Bytes one_each = 0;
        for (std::size_t t = 0; t < made.step.tasks.size(); ++t) {
            const auto* update = std::get_if<VectorTask>(&made.step.tasks[t]);
            if (update == nullptr || !update->pregenerate_ff) continue;
            if (!multiplied_back.contains(made.step.origins[t].layer)) continue;
            const Bytes dense = 2 * update->elements;
            one_each += dense;
            if (!update->pregenerate_bp) shared += dense;
        }
        EXPECT_GT(shared, 0) << name;
        EXPECT_EQ(plan.footprints(apart)[1].copies, one_each) << name;
        const Bytes whole = footprint_of(made.network, made.recipe, made.step).copies;
        EXPECT_EQ(plan.footprints(apart)[0].copies, whole - one_each + shared) << name;
        EXPECT_EQ(plan.footprints(together)[1].copies, whole) << name;
        EXPECT_EQ(plan.footprints(together)[0].copies, 0) << name;
    }
}

TEST(Memory, RecomputedCopiesAreWhereTheyAreFormedAndRead) {
    const std::filesystem::path models = std::filesystem::path(SATSIM_SOURCE_DIR) / "models";
    const Placed made =
        placed(load_network(models / "networks/decoder.json"), load_recipe("recompute", models));
    const MemoryPlan plan(made.network, made.recipe, made.step, made.graph, machines(2));
    const Footprint whole = footprint_of(made.network, made.recipe, made.step);
    // The forward pass on one machine, all that is formed again and the backward pass on the other: that
    // keeps the whole, what goes into the copies as received, but for the logits, which nothing reads again.
    Assignment assignment;
    for (const Node& node : made.graph.nodes) assignment.push_back(node.pass == Pass::Forward ? 0 : 1);
    const std::vector<Footprint> found = plan.footprints(assignment);
    EXPECT_GT(found[1].received, 0);
    EXPECT_LT(found[0].activations, whole.activations / 2);
    EXPECT_LE(found[1].activations + found[1].received, whole.activations);
    EXPECT_GE(found[0].activations + found[1].activations + found[1].received, whole.activations);
}

}  // namespace
}  // namespace satsim::placement
