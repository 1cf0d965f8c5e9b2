using Moss.Protocol.Hashing;

namespace Moss.Protocol.Tests.Hashing;

public sealed class Md5RoundGoalTests
{
    [Fact]
    public void Nobody_waits_before_company_was_seen() => Assert.Equal(1, new Md5RoundGoal(16).Value);

    [Fact]
    public void The_goal_rises_with_those_who_come_and_not_above_the_lanes()
    {
        var goal = new Md5RoundGoal(4);
        for (var round = 0; round < 10; round++)
        {
            goal.Reached(waiting: 9);
        }

        Assert.Equal(4, goal.Value);
    }

    [Fact]
    public void A_missed_goal_falls_to_those_who_came()
    {
        var goal = new Md5RoundGoal(16);
        goal.Reached(waiting: 5);
        goal.Reached(waiting: 5);
        Assert.Equal(3, goal.Value);
        goal.Missed(waiting: 2);
        Assert.Equal(2, goal.Value);
    }

    [Fact]
    public void A_body_without_company_waits_ever_more_seldom()
    {
        var goal = new Md5RoundGoal(16);
        var waits = 0;
        for (var round = 0; round < 10_000; round++)
        {
            if (goal.Value > 1)
            {
                waits++;
                goal.Missed(waiting: 1);
            }

            goal.Reached(waiting: 1);
        }

        Assert.InRange(waits, 1, 30);
    }
}
