-- How a story looks: rules are tried in order, and the style that is made stays with the element and knows its story.

local xlgc = require "xlgc"

local rules = {
  { name = "hot", when = function(story) return story.points > 15 end, colour = "firebrick" },
  { name = "classic", when = function(story) return story.year < 1970 end, colour = "goldenrod" },
  { name = "rings", when = function(story) return story.title:find("ycles") or story.title:find("ings") end, colour = "seagreen" },
  { name = "plain", when = function() return true end, colour = "slategray" },
}

local Style = {}
Style.__index = Style

function Style:__tostring()
  return "style: " .. self.rule
end

function Style:visit()
  self.visits = self.visits + 1
  self.colour = "rebeccapurple"
  return self.story:vote()
end

function xlgc.shared.style(story)
  for _, rule in ipairs(rules) do
    if rule.when(story) then
      return setmetatable({ rule = rule.name, colour = rule.colour, story = story, visits = 0 }, Style)
    end
  end
end
