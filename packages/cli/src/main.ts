console.log("attgrad");
